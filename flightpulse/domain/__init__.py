"""What FlightPulse knows about flights, passengers and their bookings, free of AWS, I/O and the clock."""
