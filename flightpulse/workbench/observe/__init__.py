"""What every hop left behind: logs, item changes, API calls, and the journey that joins them."""
