from concurrent.futures import ThreadPoolExecutor

import pytest
from samsa import Samsa

from shop import DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES
from shop.order_desk import OrderDesk
from shop.payment_service import GROUP_ID, PaymentService

TOPICS = {ORDERS: {}, RETRIES: {}, DEAD_LETTERS: {}, PAYMENTS: {}}


@pytest.fixture(scope="session")
def running_broker():
    """Started once for all tests, and stopped after them."""
    with Samsa("--clock", "virtual") as samsa:
        samsa.seed({"topics": TOPICS})
        yield samsa


@pytest.fixture
def broker(running_broker):
    """A broker with nothing in it but the seed."""
    running_broker.reset()
    return running_broker


class FakeGateway:
    """Stands in for the payment provider: charges an order once, and fails when told to."""

    def __init__(self):
        self.charges = {}
        self.calls = 0
        self._failures = 0

    def fail_next(self, times: int) -> None:
        self._failures = times

    def charge(self, order: dict) -> str:
        self.calls += 1
        if self._failures > 0:
            self._failures -= 1
            raise ConnectionError("the gateway is busy")
        self.charges.setdefault(order["id"], order["amount"])
        return f"receipt-{order['id']}"


class Shop:
    """Desk and service, at work."""

    def __init__(self, broker: Samsa, pool: ThreadPoolExecutor):
        self._broker = broker
        self._pool = pool
        self._services = []
        self.gateway = FakeGateway()
        self.desk = OrderDesk(broker.client_config(**{"socket.timeout.ms": 2000}))

    def start_service(self):
        """Returns what has the exception when the service ends with one."""
        config = self._broker.client_config()
        service = PaymentService(config, self.gateway, "payment-0")
        self._services.append(service)
        ended = self._pool.submit(service.run)
        self._broker.wait_for_assignment(GROUP_ID)
        return ended

    def stop(self) -> None:
        for service in self._services:
            service.stop()


@pytest.fixture
def shop(broker):
    with ThreadPoolExecutor() as pool:
        shop = Shop(broker, pool)
        shop.service_ended = shop.start_service()
        yield shop
        shop.stop()
