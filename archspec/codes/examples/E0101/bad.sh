yes '  - {op: relu}' | head -c 1048577 | archspec check -
