"""Runs in the user's environment: calls the user's own metrics, once and on resampled rows.

Reads a request from the file in the first argument and writes the answer to the second; what the
functions print is nobody's business. Only the standard library is needed.
"""

import importlib
import json
import os
import random
import sys
import traceback


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    here = os.path.dirname(os.path.abspath(__file__))  # its modules must not hide the user's
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if os.path.abspath(path) != here)]
    answer = {}
    for name in request["functions"]:
        try:
            answer[name] = measured(name, request)
        except BaseException as exc:
            last = traceback.format_exception_only(type(exc), exc)[-1].strip()
            answer[name] = {"problem": last[:300]}
    with open(sys.argv[2], "w") as file:
        json.dump(answer, file)


def measured(name, request):
    module, _, function = name.partition(":")
    call = getattr(importlib.import_module(module), function)
    sides = request["sides"]
    values = [float(call(side)) for side in sides]
    luck = random.Random(request["seed"])
    units = grouped(request["group"], len(sides[0]["label"]))
    draws = []
    for _ in range(request["draws"]):
        rows = [row for unit in luck.choices(units, k=len(units)) for row in unit]
        draws.append([float(call(taken(side, rows))) for side in sides])
    return {"values": values, "draws": draws}


def grouped(group, rows):
    """Rows that are drawn together."""
    if group is None:
        return [[row] for row in range(rows)]
    found = {}
    for row, code in enumerate(group):
        found.setdefault(code, []).append(row)
    return list(found.values())


def taken(side, rows):
    return {key: [values[row] for row in rows] for key, values in side.items()}


if __name__ == "__main__":
    main()
