import json

import pytest
from confluent_kafka import KafkaException

from shop import DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES
from shop.payment_service import GROUP_ID

ORDER = {"id": "o-1", "amount": 42}
PAID = [{"orderId": "o-1", "amount": 42, "receipt": "receipt-o-1"}]


@pytest.fixture
def seen_in(broker):
    """What consumers see of a topic, when there are so many messages or more."""
    return lambda topic, count=1: [
        json.loads(record["value"]) for record in broker.wait_for_messages(topic, count)
    ]


@pytest.fixture
def dealt_with(broker):
    """Waits until what orders led to was committed together with their offsets."""
    return lambda orders=1: broker.wait_for_commit(GROUP_ID, ORDERS, orders)


def test_an_order_is_paid(shop, seen_in, dealt_with):
    shop.desk.place(ORDER)
    dealt_with()
    assert seen_in(PAYMENTS) == PAID
    assert shop.gateway.charges == {"o-1": 42}


def test_an_order_whose_payment_fails_is_tried_again(shop, seen_in):
    shop.gateway.fail_next(2)
    shop.desk.place(ORDER)
    assert seen_in(PAYMENTS) == PAID
    assert seen_in(RETRIES, 2) == [ORDER, ORDER]
    assert shop.gateway.calls == 3


def test_an_order_that_can_never_be_paid_is_a_dead_letter(shop, broker):
    shop.gateway.fail_next(3)
    shop.desk.place(ORDER)
    [letter] = broker.wait_for_messages(DEAD_LETTERS, 1)
    assert letter["headers"] == [
        {"name": "attempts", "value": "3"},
        {"name": "error", "value": "the gateway is busy"},
    ]
    assert broker.records(PAYMENTS) == []


def test_a_message_that_is_no_order_is_a_dead_letter_and_holds_up_nothing(
    shop, broker, seen_in, dealt_with
):
    broker.post(f"/topics/{ORDERS}/records", {"records": [{"value": "not JSON"}]})
    shop.desk.place(ORDER)
    dealt_with(2)
    [letter] = broker.wait_for_messages(DEAD_LETTERS, 1)
    assert letter["value"] == "not JSON"
    assert seen_in(PAYMENTS) == PAID


FAULTS = {
    "the leader of the partition moves": dict(
        kind="error", api="Produce", topic=ORDERS, error="NOT_LEADER_OR_FOLLOWER", times=2
    ),
    "the answer to the order is lost": dict(
        kind="disconnect", api="Produce", topic=ORDERS, when="after", once=True
    ),
    "the answer to the order comes too late": dict(
        kind="delay", api="Produce", topic=ORDERS, when="after", ms=3000, once=True
    ),
    "the broker throttles": dict(kind="throttle", api="Produce", ms=200, times=2),
    "the consumer loses its connection": dict(
        kind="disconnect", api="Fetch", when="before", once=True
    ),
    "the coordinator of transactions moves": dict(
        kind="error", api="EndTxn", error="NOT_COORDINATOR", times=2
    ),
    "the coordinator of the group moves": dict(
        kind="error", api="TxnOffsetCommit", error="NOT_COORDINATOR", times=2
    ),
    "the transaction breaks half-way": dict(
        kind="error", api="TxnOffsetCommit", error="ILLEGAL_GENERATION", once=True
    ),
    "the answer to the commit is lost": dict(
        kind="disconnect", api="EndTxn", when="after", once=True
    ),
    "the group rebalances": dict(
        kind="error", api="Heartbeat", error="REBALANCE_IN_PROGRESS", once=True
    ),
}


@pytest.mark.parametrize("spec", FAULTS.values(), ids=FAULTS.keys())
def test_an_order_is_paid_once_though(shop, broker, seen_in, dealt_with, spec):
    fault = broker.fault(**spec)
    shop.desk.place(ORDER)
    fault.wait_until_struck()
    dealt_with()
    assert seen_in(ORDERS) == [ORDER]
    assert seen_in(PAYMENTS) == PAID


def test_the_broker_goes_down_and_comes_back(shop, broker, seen_in, dealt_with):
    down = broker.fault("down")
    with pytest.raises(TimeoutError):
        shop.desk.place(ORDER, timeout=0.5)
    down.stop()
    dealt_with()
    assert seen_in(PAYMENTS) == PAID


def test_the_session_of_the_service_expires(shop, broker, seen_in, dealt_with):
    [before] = broker.wait_for_assignment(GROUP_ID)["members"]
    broker.advance_clock("2m")
    [after] = broker.wait_for_assignment(GROUP_ID)["members"]
    assert after["memberId"] != before["memberId"]
    shop.desk.place(ORDER)
    dealt_with()
    assert seen_in(PAYMENTS) == PAID


def test_writing_is_forbidden(shop, broker):
    broker.fault("error", api="Produce", topic=ORDERS, error="TOPIC_AUTHORIZATION_FAILED")
    with pytest.raises(KafkaException, match="TOPIC_AUTHORIZATION_FAILED"):
        shop.desk.place(ORDER)
    assert broker.records(ORDERS) == []


def test_another_instance_takes_over(shop, broker, seen_in, dealt_with):
    broker.fence_producer("payment-0")
    shop.desk.place(ORDER)
    with pytest.raises(KafkaException, match="FENCED"):
        shop.service_ended.result(timeout=30)
    assert broker.records(PAYMENTS) == []
    shop.start_service()
    dealt_with()
    assert seen_in(PAYMENTS) == PAID
