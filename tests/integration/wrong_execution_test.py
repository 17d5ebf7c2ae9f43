#!/usr/bin/env python3
"""One of four validators computes something else than the others: a build for tests, with a fault in its rules."""
import sys

from harness import case, run_cases_on_a_network, wait_for

VICTIM = 4
DIVERGENCE = 75


@case("CS-18 a node whose own execution goes wrong stops with 75, the others do not notice, and with right rules it is back")
def wrong_execution(net):
    net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--currency", "EUR", "--amount", "1.00")
    net.kill_at_once([VICTIM])
    child = net.start_by_hand(VICTIM, "avald-with-mutants", AVAL_MUTANT="account-below-zero")
    try:
        wait_for(lambda: (net.status(VICTIM) or {}).get("ready"), 60, "the victim ready")
        overdraft = ("cash", "transfer", "--as", "bank-b", "--to", "bank-a", "--currency", "EUR", "--amount", "2.00")
        net.refused(*overdraft, code="AM04")
        assert child.wait(60) == DIVERGENCE, child.returncode
    finally:
        child.kill()
        child.wait(10)
    said = net.log(VICTIM)
    assert "gave other roots" in said, said[-2000:]
    net.refused(*overdraft, code="AM04")
    net.up()
    net.wait_equal()


if __name__ == "__main__":
    sys.exit(run_cases_on_a_network(__doc__))
