"""faiss: k-means and the exact flat index."""

import faiss
import numpy as np
from timing import Given, Prepared, main

faiss.omp_set_num_threads(1)


def k_means(given: Given, n: int) -> Prepared:
    rows = np.ascontiguousarray(given["rows"])

    def run() -> dict:
        model = faiss.Kmeans(rows.shape[1], n, niter=20, seed=0, max_points_per_centroid=1 << 30)
        model.train(rows)
        picks = faiss.knn(model.centroids, rows, 1)[1]
        nearest = faiss.knn(rows, model.centroids, 1)[0]
        return {"picks": picks, "inertia": float(nearest.astype(np.float64).sum())}

    return run


def nearest(given: Given, n: int, points: int) -> Prepared:
    rows = given["rows"] / np.linalg.norm(given["rows"], axis=1, keepdims=True)
    index = faiss.IndexFlatIP(rows.shape[1])

    def run() -> np.ndarray:
        index.reset()
        index.add(rows)
        return np.sort(index.search(rows[:points], n)[1], axis=1)

    return run


if __name__ == "__main__":
    main({"k_means": k_means, "nearest": nearest})
