"""Faults on demand: which are set, and where they strike."""

from localcloud.faults.board import BOARD, CLIENTS, FUNCTIONS, PATH, Fault, FaultBoard, page

__all__ = ["BOARD", "CLIENTS", "FUNCTIONS", "PATH", "Fault", "FaultBoard", "page"]
