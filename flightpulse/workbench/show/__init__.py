"""How results show: tables, pictures, charts, checks and progress in a notebook."""
