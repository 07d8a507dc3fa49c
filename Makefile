PYTHON ?= python3

.PHONY: help demo lab site test setup lock down clean

help:
	@echo "make demo   deploy to the local cloud and run the five scenarios"
	@echo "make lab    open JupyterLab on the notebooks"
	@echo "make site   write the notebooks as web pages into build/site"
	@echo "make test   every check and test, the notebooks included"
	@echo "make setup  only the virtual environment"
	@echo "make lock   resolve the lock files again"
	@echo "make down   stop the local cloud"
	@echo "make clean  stop the local cloud and remove what runs left behind"

demo:
	@$(PYTHON) tools/run.py demo

lab:
	@$(PYTHON) tools/run.py lab

site:
	@$(PYTHON) tools/run.py site

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
