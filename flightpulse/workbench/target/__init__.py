"""How the workbench reaches a target, what its parts are called, and what its errors mean."""
