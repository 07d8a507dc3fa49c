PYTHON ?= python3

.PHONY: help demo test setup lock down clean

help:
	@echo "make demo   deploy to the local cloud and run the five scenarios"
	@echo "make test   every check and test"
	@echo "make setup  only the virtual environment"
	@echo "make lock   resolve the lock files again"
	@echo "make down   stop the local cloud"
	@echo "make clean  stop the local cloud and remove what runs left behind"

demo:
	@$(PYTHON) tools/run.py demo

test:
	@$(PYTHON) tools/run.py test

setup:
	@$(PYTHON) tools/run.py setup

lock:
	@$(PYTHON) tools/run.py lock

down:
	@.venv/bin/flightpulse down

clean:
	@if [ -x .venv/bin/flightpulse ]; then .venv/bin/flightpulse down || true; fi
	@rm -rf .flightpulse infra/cdk.out
