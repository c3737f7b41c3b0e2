"""What model servers answer, as the prediction and scores of every instance.

Owns: `predictions_of`, and which part of an answer is the prediction, a score, a text.  Does not
own: what was asked (`requests`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.events import Value
from vedette.ingest.limits import Limits, Refused, too_large
from vedette.ingest.payloads import chat
from vedette.ingest.payloads.body import body_of
from vedette.ingest.payloads.requests import array_of, is_inference
from vedette.ingest.payloads.tables import cells_of
from vedette.ingest.payloads.tensors import Tensor, plain, tensors_of
from vedette.ingest.payloads.values import as_text, features_of, flat, is_number, is_scalar
from vedette.ingest.sent import Sent

ERROR = "error_type"  # the column that names what went wrong
# What parts of an answer are called, in small letters, without signs.
PREDICTIONS = frozenset((
    "predict", "prediction", "predictions", "predictedlabel", "predictedclass", "label", "labels",
    "class", "classes", "outputlabel", "result", "value",
))  # fmt: skip
SCORES = frozenset((
    "predictproba", "proba", "probas", "probability", "probabilities", "prob", "probs", "score",
    "scores", "outputprobability", "outputprobabilities", "confidence", "classprobabilities",
))  # fmt: skip
TEXTS = frozenset((
    "generatedtext", "textoutput", "outputtext", "generation", "completion", "summarytext",
    "translationtext", "answer",
))  # fmt: skip
WHOLE = 1e-3  # how far chances of all classes may be from 1 together: of float16 they are


def predictions_of(
    body: bytes,
    content_type: str = "",
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> list[Sent]:
    """Read the body of a response: one event for each instance, without its features.

    What the body is, its bytes say: the content type on a logged response is often the request's.
    Errors: Refused, 400, when it is of no form known, 413 when it holds too much.
    Example:
        >>> [one.prediction for one in predictions_of(b'{"predictions": [0, 1]}')]
        [0, 1]
        >>> predictions_of(b'{"predictions": [[0.25, 0.75]]}')[0].scores
        {'score': 0.75}
        >>> predictions_of(b'{"error": "model not ready"}')[0].attributes
        {'error_type': 'error'}
    """
    found = body_of(body, limits)
    if found.streamed:
        return [chat.streamed(found.streamed)]
    if not found.is_json:
        return _lines(found.lines, content_type, limits)
    return few(_document(found.document, found.binary, limits), limits)


def few(made: list[Sent], limits: Limits) -> list[Sent]:
    """See that there are not too many.  Errors: Refused, 413."""
    if len(made) > limits.rows:
        raise too_large("predictions", len(made), limits.rows)
    return made


def _document(document: Any, binary: bytes, limits: Limits) -> list[Sent]:
    if isinstance(document, list):
        return _all(document, limits)
    if not isinstance(document, dict):
        return [_one(document, (), limits)]
    if document.get("error") or (document.get("detail") and len(document) == 1):
        return [failed(document.get("error") or document["detail"])]
    if chat.is_answer(document):
        return [chat.answered(document)]
    made = _listed(document, binary, limits)
    version = document.get("model_version", document.get("modelVersion"))
    if isinstance(version, str | int) and version != "":
        for one in made:
            one.version = version
    return made


def _listed(document: dict[str, Any], binary: bytes, limits: Limits) -> list[Sent]:
    outputs = document.get("outputs")
    if is_inference(outputs):
        return of_tensors(tensors_of(outputs, binary, limits), limits)
    if "predictions" in document:
        given = document["predictions"]
        return _columns(given, limits) if isinstance(given, dict) else _all(given, limits)
    if isinstance(outputs, list):
        return _all(outputs, limits)
    if isinstance(outputs, dict):
        return _columns(outputs, limits)
    data = document.get("data")
    if isinstance(data, dict) and ("ndarray" in data or "tensor" in data):  # Seldon
        names = data.get("names")
        names = [str(name) for name in names] if isinstance(names, list) else []
        return [_one(row, names, limits) for row in array_of(data)]
    return [_named(document, limits)]


def failed(error: Any) -> Sent:
    """What an answer says that tells of an error: its type, and its words as text.

    Example:
        >>> failed({"type": "rate_limit", "message": "slow down"}).attributes
        {'error_type': 'rate_limit'}
    """
    kind, message = "error", error
    if isinstance(error, dict):
        told = (error.get(name) for name in ("type", "code", "status"))
        kind = next((str(one)[:120] for one in told if one), kind)
        message = error.get("message", error)
    text = message if isinstance(message, str) else as_text(message)
    return Sent(attributes={ERROR: kind}, text={chat.OUTPUT: text})


def of_tensors(tensors: Sequence[Tensor], limits: Limits) -> list[Sent]:
    """What output tensors say of each instance.

    The prediction is the tensor that is called so, else the first that nothing else is known of.
    Example:
        >>> [one] = of_tensors([Tensor("predict", "INT64", (1, 1), [1]),
        ...                     Tensor("predict_proba", "FP64", (1, 2), [0.2, 0.8])], Limits())
        >>> one.prediction, one.scores
        (1, {'score': 0.8})
    """
    if not tensors:
        raise Refused(400, "has no outputs")
    sizes = {tensor.batch for tensor in tensors} - {1} or {1}
    if len(sizes) > 1:
        raise Refused(400, "has tensors of several batch sizes", got=str(sorted(sizes)))
    size = sizes.pop()
    columns = {}
    for tensor in tensors:
        split = tensor.rows()
        split = split * size if len(split) == 1 else split
        columns[tensor.name] = [
            plain(row[0]) if len(row) == 1 else list(map(plain, row)) for row in split
        ]
    return [
        _named(dict(zip(columns, values, strict=True)), limits)
        for values in zip(*columns.values(), strict=True)
    ]


def _columns(given: dict[str, Any], limits: Limits) -> list[Sent]:
    """Outputs by column, or of one instance where they are no lists."""
    columns = list(given.values())
    if columns and all(isinstance(one, list) for one in columns):
        if len({len(one) for one in columns}) > 1:
            raise Refused(400, "has outputs of several lengths")
        rows = zip(*columns, strict=True)
        return [_named(dict(zip(given, row, strict=True)), limits) for row in rows]
    return [_named(given, limits)]


def _all(given: Any, limits: Limits) -> list[Sent]:
    if not isinstance(given, list):
        return [_one(given, (), limits)]
    return [_one(one, (), limits) for one in given]


def _one(value: Any, names: Sequence[str], limits: Limits) -> Sent:
    """What the answer to one instance says."""
    if isinstance(value, dict):
        return _named(value, limits)
    if is_scalar(value):
        return Sent(prediction=value)
    if not isinstance(value, list):
        return Sent(prediction=as_text(value))
    if len(value) == 1:
        return _one(value[0], names, limits)
    if value and all(isinstance(one, dict) and {"label", "score"} <= one.keys() for one in value):
        return _ranked(value)
    values = flat(value)
    if is_chances(value):
        return Sent(scores=scores_of(value, names))
    if len(names) == len(value) and all(map(is_number, value)):
        return Sent(scores={name: float(one) for name, one in zip(names, value, strict=True)})
    if values and len(values) <= limits.string // 8 and all(map(is_number, values)):
        return Sent(prediction=[float(one) for one in values])
    return Sent(prediction=as_text(value))


def _ranked(value: Sequence[Mapping[str, Any]]) -> Sent:
    """Labels with scores, as classifiers of texts give them: the best one is the prediction."""
    scores = {str(one["label"]): float(one["score"]) for one in value if is_number(one["score"])}
    best = max(scores, key=lambda label: scores[label]) if scores else None
    return Sent(prediction=best, scores=dict(scores))


def _named(given: Mapping[str, Any], limits: Limits) -> Sent:
    """What named parts say: the prediction, scores, a text; the others are attributes."""
    made = Sent(attributes={})
    assert made.attributes is not None
    others: dict[str, Any] = {}
    for name, value in given.items():
        role = "".join(sign for sign in name.lower() if sign.isalnum())
        if role in SCORES and _put_scores(made, value):
            continue
        if role in TEXTS and isinstance(value, str):
            made.text = {chat.OUTPUT: value}
        elif role in PREDICTIONS and made.prediction is None:
            _put_prediction(made, value, limits)
        else:
            others[name] = value
    if made.prediction is None and not made.scores and not made.text and others:
        name = next(iter(others))  # nothing is called as it should be: the first one it is
        _put_prediction(made, others.pop(name), limits)
    made.attributes |= features_of({f"output.{name}": one for name, one in others.items()}, limits)
    return made


def _put_prediction(made: Sent, value: Any, limits: Limits) -> None:
    said = (
        _one(value, (), limits) if not isinstance(value, dict) else Sent(prediction=as_text(value))
    )
    made.prediction = said.prediction
    made.scores = {**(made.scores or {}), **(said.scores or {})} or None


def _put_scores(made: Sent, value: Any) -> bool:
    """Whether a value is a score or several, which are then put."""
    scores: dict[str, Any] = {}
    if isinstance(value, dict) and value and all(map(is_number, value.values())):
        scores = {str(name): float(one) for name, one in value.items()}
    elif isinstance(value, list) and value and all(map(is_number, value)):
        scores = scores_of(value, ())
    elif is_number(value):
        scores = {"score": float(value)}
    made.scores = {**(made.scores or {}), **scores} or None
    return bool(scores)


def scores_of(values: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    """Scores by class; of two classes that of the second, of nameless ones by number from 0.

    Example:
        >>> scores_of([0.2, 0.8], ()), scores_of([0.2, 0.3, 0.5], ["a", "b", "c"])
        ({'score': 0.8}, {'a': 0.2, 'b': 0.3, 'c': 0.5})
    """
    if len(names) == len(values):
        return {name: float(one) for name, one in zip(names, values, strict=True)}
    if len(values) <= 2:
        return {"score": float(values[-1])}
    return {str(place): float(one) for place, one in enumerate(values)}


def is_chances(values: Sequence[Any]) -> bool:
    """Whether values are the chances of all classes: none below 0, together 1.

    Example:
        >>> is_chances([0.2, 0.8]), is_chances([0.2, 0.2]), is_chances([1])
        (True, False, False)
    """
    if len(values) < 2 or not all(map(is_number, values)):
        return False
    return all(0 <= one <= 1 for one in values) and abs(sum(values) - 1) <= WHOLE


def _lines(text: str, content_type: str, limits: Limits) -> list[Sent]:
    """Delimited text: a prediction a line, chances, or one text."""
    if content_type.startswith("text/plain") or not any(one in text for one in ",\n0123456789"):
        return [Sent(text={chat.OUTPUT: text})]
    rows: list[list[Value]] = cells_of(text, limits)
    return few([_one(row, (), limits) for row in rows], limits)
