"""Which hyper-parameters of an experiment change its verdict."""
