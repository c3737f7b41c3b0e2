"""Bodies that say themselves whose rows they hold: read, stored by model, answered in their way.

The format here is a JSON object of lists of events by model, so that nothing but `web.foreign` is
under test.
"""

import asyncio
import json

import httpx
import pytest

from vedette.core.errors import StoreError, UsageError
from vedette.ingest.body import decode
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.receipt import Busy
from vedette.ingest.unpack import unpack
from vedette.web.answers import json_answer
from vedette.web.bodies import Bodies
from vedette.web.foreign import Foreign
from vedette.web.keys import EVERYTHING, Key
from vedette.web.ways import Way, refused

PATH = "/v1/many"


def read(body, asked):
    try:
        models = json.loads(unpack(body, asked.content_encoding, asked.limits))
    except ValueError:
        raise Refused(400, "is no JSON") from None
    lost = tuple(Rejected(at, "has no model") for at, _ in enumerate(models.pop("", [])))
    given = {"received": asked.received, "content_type": "application/json"}
    made = {name: decode(json.dumps(e).encode(), model=name, **given) for name, e in models.items()}
    return Taken(made | ({"": Decoded(rejected=lost)} if lost else {}))


def answer(asked, kept):
    return json_answer(kept._asdict())


def refusal(asked, problem):
    return json_answer({"said": problem.message}, 503 if problem.status == 507 else problem.status)


@pytest.fixture
def many(stand):
    """Posts a body to an app of one way."""

    def post(body, path=PATH, method="POST", caller=EVERYTHING, way=refusal, **headers):
        bodies = Bodies(Limits(body=2_000), wall=lambda: 10**18)
        foreign = Foreign(stand, bodies, {PATH: lambda service: Way(read, answer, way)})

        async def app(scope, receive, send):
            scope["state"] = {"caller": caller}
            means = foreign.means(scope["path"], scope["method"])
            assert means, "nothing answers here"
            await foreign(means, scope, receive, send)

        async def go():
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, content=body, headers=headers)

        said = asyncio.run(go())
        assert bodies._pending == 0
        return said

    return post


TWO = json.dumps({"a": [{"id": "1"}, {"id": "2"}], "b": [{"id": "1"}], "": [{}]}).encode()


def test_rows_are_stored_by_their_models(many, stand):
    said = many(TWO)
    assert said.json() == {"accepted": 3, "duplicates": 0, "refused": 1, "why": "0: has no model"}
    assert sorted(stand.views) == ["a", "b"]
    assert many(TWO).json()["duplicates"] == 3


def test_below_a_prefix_it_takes_what_is_posted(many):
    assert many(TWO, path=f"/api/x{PATH}").json()["accepted"] == 3
    assert many(b"", method="GET").status_code == 405
    with pytest.raises(AssertionError, match="nothing answers here"):
        many(b"", path=f"/api/x{PATH}", method="GET")


def test_a_bad_row_is_counted_with_its_reason(many, stand):
    said = many(json.dumps({"a": [{"id": "1"}, {"id": "2", "weight": 0}]}).encode()).json()
    assert (said["accepted"], said["refused"]) == (1, 1)
    assert said["why"].startswith("2: weight is 0")


def test_a_key_opens_its_own_models_alone(many, stand):
    key = Key(id="k", digest="", scopes=("ingest",), models="a*")
    said = many(TWO, caller=key).json()
    assert (said["accepted"], said["refused"]) == (2, 2)
    assert many(TWO, caller=Key(id="k", digest="", scopes=("read",))).status_code == 403
    assert many(TWO, caller=None).status_code == 401
    assert sorted(stand.views) == ["a"]


def test_a_model_too_many_is_refused_by_itself(many, stand):
    stand.refuse = UsageError("model 'a'", "is one too many")
    said = many(TWO).json()
    assert (said["accepted"], said["refused"]) == (0, 4)


@pytest.mark.parametrize(
    ("error", "status"), [(Busy(2.0, "waits"), 429), (StoreError("log", "disk is full"), 503)]
)
def test_what_may_be_sent_again_is_refused_as_a_whole(many, stand, error, status):
    stand.refuse = error
    assert many(TWO).status_code == status
    stand.refuse = None
    assert many(TWO).json()["accepted"] == 3


def test_a_body_that_is_broken_or_too_large_is_told_in_its_way(many):
    assert many(b"[").json() == {"said": "body: is no JSON"}
    assert many(b"x" * 3_000).status_code == 413
    assert many(b"[", way=refused).json()["error"]["code"] == "broken_body"


def test_a_request_tells_its_reader_of_headers():
    asked = Asked({"content-type": " Text/X ; a=b", "content-encoding": "gzip"}, 1, Limits())
    assert (asked.content_type, asked.content_encoding) == ("text/x", "gzip")
