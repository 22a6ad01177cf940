"""Which data sets `auto` was tuned on, and which ones prove it: fixed before any of the runs of this page."""

from __future__ import annotations

FAMILIES: dict[str, tuple[str, ...]] = {
    "annotators": ("ma_rte",),
    "images": ("digits", "fashion_mnist", "pneumoniamnist"),
    "numbers": (
        "reg_airfoil", "reg_autompg", "reg_concrete", "reg_elevators", "reg_energy", "reg_fried", "reg_kin8nm",
        "reg_parkinsons", "reg_power_plant", "reg_protein", "reg_skillcraft", "reg_wine_red", "reg_yacht",
    ),
    "tables": (
        "tab_adult", "tab_australian", "tab_banana", "tab_breast", "tab_clean1", "tab_coil2000", "tab_diabetes",
        "tab_dna", "tab_ecoli", "tab_german", "tab_glass", "tab_haberman", "tab_heart", "tab_ionosphere", "iris",
        "tab_isolet1560", "tab_letter", "tab_magic", "tab_mammographic", "tab_mfeat_factors", "tab_page_blocks",
        "tab_pendigits", "tab_satimage", "tab_segmentation", "tab_sonar", "tab_spambase", "tab_splice",
        "tab_tictactoe", "tab_vehicle", "tab_waveform_40", "tab_wdbc", "tab_wine", "tab_yeast",
    ),
    "texts": (
        "ag_news", "clinc150", "cr", "financial_phrasebank", "hate_offensive", "imdb", "sms_spam", "trec6",
    ),
}  # fmt: skip
"""Data sets with one class or number a row, in alphabetical order (without the prefix) within each family."""


def half(name: str) -> str:
    """'tuning' or 'proving': in each family the first, third, ... are for tuning; a family of one proves.

    >>> half("digits"), half("fashion_mnist"), half("ma_rte")
    ('tuning', 'proving', 'proving')
    """
    for sets in FAMILIES.values():
        if name in sets:
            return "tuning" if len(sets) > 1 and sets.index(name) % 2 == 0 else "proving"
    raise KeyError(name)
