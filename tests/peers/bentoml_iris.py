"""A service of BentoML that tests start: iris by logistic regression, monitored.

bentoml serve bentoml_iris:Iris
"""

import bentoml
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@bentoml.service(workers=1)
class Iris:
    """Says which iris it is, and logs what it was asked and said."""

    def __init__(self):
        data = load_iris()
        self.names = [str(name) for name in data.target_names]
        self.model = LogisticRegression(max_iter=500).fit(data.data, data.target)

    @bentoml.api
    def classify(self, rows: list[list[float]]) -> list[str]:
        """The kind of every row."""
        chances = self.model.predict_proba(rows)
        kinds = [self.names[one] for one in chances.argmax(axis=1)]
        with bentoml.monitor("iris") as monitor:
            for at, name in enumerate(FEATURES):
                values = [row[at] for row in rows]
                monitor.log_batch(values, name=name, role="feature", data_type="numerical")
            monitor.log_batch(
                chances.tolist(), name="chances", role="prediction", data_type="numerical_sequence"
            )
            monitor.log_batch(kinds, name="kind", role="prediction", data_type="categorical")
        return kinds
