"""Chaos: faults put on the whole system on purpose, and the promises held against what came of it.

Each module is one kind of trouble and has a ``prove`` function; ``flightpulse chaos`` runs them. What must be true is
computed from the events and the bookings alone (:mod:`flightpulse.chaos.oracle`), never with the code under test.
"""
