"""The AWS stack as code: one construct per capability, put together by ``flightpulse_stack``."""
