"""Words: what the name of a function or class says that it does.

Outside the standard library nobody can list every function that runs a command or loads code. But
programmers name them for what they do, and what rebuilds data seldom has such a name.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_RUNS = """
    exec execfile execute executes exe eval evals evaluate system popen popen2 popen3 shell sh bash
    cmd command commands cmdline spawn spawnl spawnv fork forkpty subprocess run runs runner
    running runstring runcode runsource runscript runeval runpath runfile runmodule runctx call
    calls check getoutput getstatusoutput urlopen urlretrieve download downloader downloads fetch
    fetcher http https request requests socket connect connection client server serve listen import
    imports importer importlib reload script scripts main cli install installer pip plugin compile
    compiled codegen ctypes cdll dll dlopen library native hook hooks launch launcher process
    processes invoke invoker trigger kill debug debugger interpreter interactive console terminal
    repl unsafe payload exploit backdoor reverse malicious evil pwn rce inject injector pretrained
    instantiate
"""
RUNS = frozenset(_RUNS.split())
"""Parts of names of what runs code or commands, or uses the network."""

_LOADS = """
    load loads loader loadtxt loadmat read reads reader readers write writes writer save saver
    savez dump dumps open opener fopen file files filename fromfile tofile memmap mmap remove rm
    rmtree delete unlink mkdir makedirs rename copyfile copytree extract extractall unpack unzip
    untar upload env environ setenv putenv getattr setattr delattr attrgetter methodcaller globals
    dispatch submit schedule scheduler worker pool parallel thread executor store session cache
    memory url uri path paths module modules resolve resolver source package unpickle unpickler
    pickle pickler marshal shelve yaml apply map reduce callback register template render query sql
    expr expression lambdify parse parser format trace profile profiler watch log logger logging
"""
LOADS = frozenset(_LOADS.split())
"""Parts of names of what touches files, loads, or calls what it is given."""

_HANDLES = """
    file files reader writer loader tcp hdf popen process subprocess client server session
    downloader download memmap memory mmap runner executor launcher shell command socket pool
    importer library interpreter console script scripts parallel thread unpickler pickler source
    datasource browser connection request listener manager engine compiler evaluator
    tester benchmark
"""
HANDLES = frozenset(_HANDLES.split())
"""Parts of names of classes that open, connect or run something as soon as they are called."""

_OPENS = """
    load loads loadtxt loadmat read open dump dumps save savefig write writes unpickle extract
    extractall unpack unzip loader opener fopen
"""
OPENS = frozenset(_OPENS.split())
"""First words of names of functions that open files or load, whatever package they are from."""
_GIVEN = """
    bytes str string state dict buffer json params config array arrays data from value values
"""
GIVEN = frozenset(_GIVEN.split())
"""Parts of names of what takes its data from its arguments, not out of a file."""
_SHELLS = """
    shell repl command subprocess popen console interpreter downloader browser socket file launcher
"""
SHELLS = frozenset(_SHELLS.split())
"""Parts of names of classes that run or open something, whatever package they are from."""
_ARMED = """
    shell popen subprocess execfile exec payload exploit backdoor malicious pwn rce runcmd
    getoutput urlopen urlretrieve
"""
ARMED = frozenset(_ARMED.split())
"""Parts of names of functions that no model should keep, whatever package they are from."""

_REBUILDS = re.compile(
    r"_*(?:pyx_unpickle|unpickle|un_?pickle|reconstruct|rebuild|recreate|restore|new|mareconstruct|"
    r"deserialize|set_?state|frombuffer|from_(?:state|dict|bytes|buffer|value|values|arrays?|params|"
    r"ordinals|spec|serialized|data)|make_skel|copy_?reg|init_from)(?:_?[A-Z_]\w*|_\w+|)|"
    r"unpickle_\w+|newObj|scalar|\w*_ctor|\w*_reconstructor?|\w*_unpickler?|\w*_rebuild",
)
_UNDER = re.compile(
    r"_|unpickle_|new[A-Z]|scalar|\w*_ctor|\w*_reconstruct|\w*_unpickle|\w*_rebuild|rebuild|re"
)


@lru_cache(maxsize=10_000)
def words(name: str) -> frozenset[str]:
    """Return the words of a name in lower case: ``runString_v2`` has ``run``, ``string``, ``v``."""
    return frozenset(ordered(name))


def ordered(name: str) -> list[str]:
    """Return the words of a name in lower case, in their order."""
    return [each.lower() for each in _WORD.findall(name)]


def rebuilds(name: str) -> bool:
    """Return whether a function's name says that it rebuilds a value out of a pickle."""
    return bool(_REBUILDS.fullmatch(name) and _UNDER.match(name))
