import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from tests.applications import application
from zairyu.models.application import ApplicationInput
from zairyu.runtime.codec import EncryptingCodec
from zairyu.runtime.keys import KeyRing, KeyRingError
from zairyu.runtime.plugin import data_converter

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = KeyRing("new", {"old": OLD, "new": NEW})
CODEC = EncryptingCodec(RING)
SECRETS = (b"TRAN", b"19960412", b"HANOI", b"resident.example", b"AB12345678CD", "架空町".encode(), b"json/plain")


@given(
    data=st.binary(max_size=2000), metadata=st.dictionaries(st.text(max_size=10), st.binary(max_size=20), max_size=4)
)
@settings(deadline=None)  # shared machines are slow now and then
async def test_a_payload_comes_back_as_it_went(data: bytes, metadata: dict[str, bytes]) -> None:
    payload = Payload(metadata=metadata, data=data)

    assert await CODEC.decode(await CODEC.encode([payload])) == [payload]


async def test_many_payloads_keep_their_order() -> None:
    payloads = [Payload(data=bytes([number])) for number in range(20)]

    assert await CODEC.decode(await CODEC.encode(payloads)) == payloads
    assert await CODEC.decode([]) == []


async def test_the_server_of_temporal_never_sees_a_person() -> None:
    converter = data_converter(RING)
    (payload,) = await converter.encode([application()])

    assert not [secret for secret in SECRETS if secret in payload.SerializeToString()]
    assert payload.metadata["encoding"] == b"binary/encrypted"
    assert await converter.decode([payload], [ApplicationInput]) == [application()]


async def test_the_text_of_a_failure_is_not_shown_to_the_server() -> None:
    converter = data_converter(RING)
    failure = Failure()
    await converter.encode_failure(ApplicationError("TRAN THI LINH", application(), type="Busy"), failure)

    assert not [secret for secret in SECRETS if secret in failure.SerializeToString()]
    assert failure.application_failure_info.type == "Busy", "operators sort failures by their type"
    told = await converter.decode_failure(failure)
    assert isinstance(told, ApplicationError)
    assert told.message == "TRAN THI LINH"


async def test_payloads_of_others_are_read_as_they_are() -> None:
    plain = [
        Payload(metadata={"encoding": b"json/plain"}, data=b'"x"'),
        Payload(metadata={"encoding": b"binary/zlib"}, data=b"x"),
        Payload(data=b"no metadata"),
    ]

    assert await CODEC.decode(plain) == plain


async def test_histories_sealed_before_a_rotation_are_still_read() -> None:
    payload = Payload(data=b"x")
    before = await EncryptingCodec(KeyRing("old", {"old": OLD})).encode([payload])
    after = await CODEC.encode([payload])

    assert await CODEC.decode([*before, *after]) == [payload, payload]
    assert [sealed.metadata["encryption-key-id"] for sealed in (*before, *after)] == [b"old", b"new"]


async def test_a_changed_payload_is_refused_and_not_guessed() -> None:
    (sealed,) = await CODEC.encode([Payload(data=b"x")])
    changed = Payload(metadata=dict(sealed.metadata), data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))

    with pytest.raises(KeyRingError):
        await CODEC.decode([changed])


async def test_a_document_cannot_be_passed_off_as_a_payload() -> None:
    blob = RING.seal(Payload(data=b"x").SerializeToString(), purpose="blob")

    with pytest.raises(KeyRingError):
        await CODEC.decode([Payload(metadata={"encoding": b"binary/encrypted"}, data=blob)])
