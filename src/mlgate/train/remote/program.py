"""Runs on the cluster: the command, then its outputs and what it took as lines of the log.

``python program.py MARK COMMAND OUTPUT…``. It stands alone and runs on any Python 3.6 or later. A
log is the one thing that every cluster hands back over plain HTTP, so files travel in it, as lines
``MARK data …`` of base64 between ``MARK file …`` and ``MARK end``; each with its digest.
"""

import base64
import glob
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time

CHUNK = 48 * 1024
MOST = 256 * 1024 * 1024


def main():
    mark, command, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
    start = time.monotonic()
    bash = shutil.which("bash")
    shell = [bash, "--noprofile", "--norc", "-eo", "pipefail"] if bash else ["/bin/sh", "-e"]
    code = subprocess.call([*shell, "-c", command], stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tell(mark, "took", took(code, seconds, used))
    if code == 0:
        code = send(mark, patterns)
    tell(mark, "end", {"exit_code": code})
    sys.exit(code if code >= 0 else 128 - code)


def took(code, seconds, used):
    try:
        from importlib import metadata

        packages = {d.metadata["Name"]: d.version for d in metadata.distributions()}
    except Exception:
        packages = {}
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "exit_code": code,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak_memory": used.ru_maxrss * unit,
        "python": "%s %s" % (sys.implementation.name, platform.python_version()),
        "system": "%s %s, %s" % (platform.system(), platform.release(), platform.machine()),
        "cpu": "%s, %s cores" % (platform.processor() or platform.machine(), os.cpu_count()),
        "packages": {k: v for k, v in packages.items() if k and v},
    }


def send(mark, patterns):
    here = os.path.realpath(".") + os.sep
    total = 0
    for path in found(patterns):
        if not os.path.realpath(path).startswith(here):
            return refuse(mark, "%s leads outside the working folder" % path)
        total += os.path.getsize(path)
        if total > MOST:
            return refuse(mark, "outputs are larger than %d MiB" % (MOST >> 20))
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            executable = bool(os.fstat(file.fileno()).st_mode & 0o100)
            tell(mark, "file", {"path": path, "executable": executable})
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    break
                digest.update(chunk)
                line(mark, "data", base64.b64encode(chunk).decode("ascii"))
        tell(mark, "done", {"path": path, "digest": digest.hexdigest()})
    return 0


def found(patterns):
    paths = []
    for pattern in patterns:
        whole = os.path.join(glob.escape(pattern), "**") if os.path.isdir(pattern) else pattern
        names = [n for n in glob.glob(whole, recursive=True) if os.path.isfile(n)]
        paths += [os.path.normpath(n).replace(os.sep, "/") for n in names]
    return sorted(set(paths))


def refuse(mark, why):
    tell(mark, "refused", {"why": why})
    return 1


def tell(mark, kind, what):
    line(mark, kind, json.dumps(what, sort_keys=True))


def line(mark, kind, text):
    # The command may have left a line open.
    sys.stdout.write("\n%s %s %s\n" % (mark, kind, text))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
