"""An explicit-state model of how an event becomes messages, each told once, in order, none lost.

``flightpulse prove protocol`` explores it; docs/protocol.md says what its states, faults and promises are.
"""
