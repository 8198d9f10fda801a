"""Makes several hundred malicious-shaped model files, from principle and with inert payloads.

    python benchmarks/inspection/corpus_hostile.py FOLDER

Every payload would do nothing (``true``, names that lead nowhere); what makes a file hostile is the
way that something gets called. It writes the files and ``manifest.json``: path below the folder ->
what is expected, always ``block``. Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import bz2
import collections
import gzip
import io
import json
import lzma
import pathlib
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

Made = Iterator[tuple[str, bytes]]
"""File name and content."""
TRUE = b"S'true'\n"


def text(value: str) -> bytes:
    """A text of protocol 4."""
    data = value.encode("utf-8", "surrogatepass")
    return b"\x8c" + bytes([len(data)]) + data


def named(module: str, name: str) -> bytes:
    """An import of protocol 4."""
    return text(module) + text(name) + b"\x93"


def call(module: str, name: str, arguments: bytes = TRUE + b"\x85") -> bytes:
    """A whole pickle that calls something by ``REDUCE``."""
    return b"\x80\x04" + named(module, name) + arguments + b"R."


PAYLOAD = call("os", "system")

_STANDARD = """
os.system os.popen os.execv os.execvp os.spawnl os.spawnv os.spawnvp os.startfile os.fork os.kill
os.remove os.unlink os.rmdir os.rename os.putenv os.chmod os.makedirs os.listdir os.getenv
os.posix_spawn posix.system nt.system posix.popen posix.execv nt.startfile
_posixsubprocess.fork_exec subprocess.run subprocess.Popen subprocess.call subprocess.check_output
subprocess.check_call subprocess.getoutput subprocess.getstatusoutput pty.spawn commands.getoutput
popen2.popen3 platform.popen asyncio.create_subprocess_shell asyncio.run
asyncio.subprocess.create_subprocess_exec builtins.eval builtins.exec builtins.compile
builtins.__import__ builtins.open builtins.input builtins.breakpoint builtins.setattr
builtins.delattr builtins.globals builtins.vars builtins.map builtins.filter builtins.memoryview
builtins.print builtins.help builtins.dir builtins.hasattr builtins.exit __builtin__.eval
__builtin__.execfile __builtin__.apply __builtin__.file importlib.import_module
importlib.__import__ importlib.reload importlib.util.spec_from_file_location
importlib.machinery.SourceFileLoader imp.load_source imp.load_dynamic pkgutil.resolve_name
pkgutil.get_data zipimport.zipimporter runpy.run_path runpy.run_module runpy._run_code
code.InteractiveInterpreter code.interact codeop.compile_command timeit.timeit timeit.repeat
timeit.Timer cProfile.run profile.run profile.Profile.runctx trace.Trace.run doctest.debug_script
doctest.debug pdb.run pdb.runeval bdb.Bdb.run bdb.Bdb.runeval pydoc.pipepager pydoc.locate
pydoc.tempfilepager idlelib.run.Executive.runcode idlelib.pyshell.ModifiedInterpreter.runcommand
idlelib.autocomplete.AutoComplete.get_entity idlelib.calltip.get_entity lib2to3.main.main
lib2to3.pgen2.grammar.Grammar.loads lib2to3.pgen2.pgen.ParserGenerator.make_label
ensurepip._run_pip ensurepip.bootstrap venv.create distutils.spawn.spawn distutils.core.run_setup
distutils.file_util.write_file unittest.main test.support.script_helper.assert_python_ok
test.support.run_code ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.string_at _ctypes.dlopen
ctypes.util.find_library socket.socket socket.create_connection _socket.socket ssl.wrap_socket
urllib.request.urlopen urllib.request.urlretrieve urllib2.urlopen http.client.HTTPConnection
ftplib.FTP smtplib.SMTP telnetlib.Telnet poplib.POP3 imaplib.IMAP4_stream nntplib.NNTP
xmlrpc.client.ServerProxy webbrowser.open antigravity.geohash socketserver.TCPServer
http.server.HTTPServer wsgiref.simple_server.make_server pickle.loads pickle.load _pickle.loads
cPickle.loads pickle.Unpickler marshal.loads shelve.open dbm.open sqlite3.connect _sqlite3.connect
types.FunctionType types.CodeType types.MethodType types.ModuleType functools.reduce
functools.singledispatch operator.attrgetter operator.methodcaller operator.call operator.setitem
_operator.attrgetter _operator.methodcaller itertools.starmap inspect.getattr_static
inspect.getsource linecache.getlines tokenize.open io.open io.FileIO _io.FileIO _io.open_code
io.open_code shutil.rmtree shutil.copyfile shutil.move shutil.unpack_archive tempfile.mktemp
tempfile.NamedTemporaryFile tarfile.open zipfile.ZipFile zipapp.create_archive fileinput.input
glob.glob pathlib.Path.unlink pathlib.Path.write_text multiprocessing.Process
multiprocessing.pool.Pool multiprocessing.util.spawnv_passfds
concurrent.futures.ProcessPoolExecutor threading.Thread threading.Timer _thread.start_new_thread
sched.scheduler signal.signal atexit.register sys.exit sys.settrace sys.setprofile
sys.addaudithook gc.get_objects weakref.finalize logging.config.fileConfig
logging.config.dictConfig logging.config.listen logging.config._resolve logging.FileHandler
logging.handlers.SocketHandler xml.dom.minidom.parse xml.sax.parse plistlib.load
configparser.ConfigParser mailcap.findmatch cgi.FieldStorage cgitb.enable py_compile.compile
compileall.compile_dir symtable.symtable ast.literal_eval string.Formatter.vformat
typing.get_type_hints typing.ForwardRef collections.namedtuple dataclasses.make_dataclass
enum.Enum contextlib.ExitStack contextvars.Context.run copy.copy copyreg.add_extension
copyreg.pickle site.addsitedir site.execsitecustomize sysconfig._init_posix
turtle.write_docstringdict tkinter.Tcl _tkinter.create curses.wrapper readline.read_history_file
rlcompleter.Completer smtpd.SMTPServer pstats.Stats pprint.pprint locale.setlocale
gettext.translation mmap.mmap _winapi.CreateProcess winreg.SetValueEx msvcrt.getch
_xxsubinterpreters.run_string _interpreters.exec _testcapi.run_in_subinterp
nturl2path.url2pathname crypt.crypt
"""
STANDARD = _STANDARD.split()

_THIRD_PARTY = """
pip.main pip._internal.main pip._internal.cli.main.main pip._vendor.requests.get
setuptools.sandbox.run_setup pkg_resources.run_script numpy.load numpy.loads numpy.save
numpy.fromfile numpy.memmap numpy.testing._private.utils.runstring numpy.testing.measure
numpy.f2py.compile numpy.f2py.crackfortran.myeval numpy.f2py.capi_maps.load_f2cmap_file
numpy.distutils.exec_command.exec_command numpy.lib._datasource.open numpy.lib.npyio.loadtxt
numpy.ctypeslib.load_library numpy.genfromtxt pandas.eval pandas.read_pickle pandas.read_csv
pandas.io.common.urlopen pandas.core.computation.eval.eval pandas.io.sql.read_sql
pandas.core.frame.DataFrame.query torch.load torch.hub.load torch.jit.load
torch.utils.cpp_extension.load torch.utils.bottleneck.__main__.run_prof
torch.utils.collect_env.run torch.utils._config_module.load_config
torch._dynamo.guards.GuardBuilder.get torch._inductor.codecache.compile_file
torch.serialization.load torch.package.PackageImporter torch.distributed.run.main
torch.fx._symbolic_trace.symbolic_trace torch.fx.graph_module.reduce_graph_module
torch.multiprocessing.reductions.rebuild_storage_filename torch.ops.load_library
torch.cuda._lazy_call torch.testing._internal.common_utils.run_tests
torch.utils.data.datapipes.utils.decoder.basichandlers joblib.load joblib.Parallel
joblib.externals.cloudpickle.loads joblib.externals.loky.process_executor._process_worker
sklearn.datasets.fetch_openml sklearn.utils._testing.assert_run_python_script
sklearn.externals.joblib.load scipy.io.loadmat scipy.io.wavfile.read dill.loads
dill._dill._create_function dill._dill._eval_repr dill._dill._import_module cloudpickle.loads
cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle._builtin_type
cloudpickle.cloudpickle.subimport jsonpickle.decode yaml.unsafe_load yaml.load jinja2.Template
mako.template.Template requests.get httpx.get urllib3.request aiohttp.ClientSession
paramiko.SSHClient fabric.Connection invoke.run plumbum.local sh.bash pexpect.run
sympy.parsing.sympy_parser.parse_expr sympy.sympify sympy.utilities.lambdify.lambdify
numexpr.evaluate IPython.core.interactiveshell.InteractiveShell.system
IPython.terminal.embed.embed tensorflow.io.read_file tensorflow.py_function
keras.models.load_model keras.src.saving.serialization_lib.deserialize_keras_object
transformers.pipeline transformers.dynamic_module_utils.get_class_from_dynamic_module
huggingface_hub.hf_hub_download nltk.download nltk.internals.java spacy.cli.download
gensim.downloader.load fsspec.open s3fs.S3FileSystem boto3.client
django.core.management.execute_from_command_line flask.cli.run_command celery.app.base.Celery
sqlalchemy.create_engine psycopg2.connect docker.from_env git.Repo.clone_from
win32api.ShellExecute psutil.Popen cffi.FFI six.moves.builtins.eval future.builtins.exec
past.builtins.execfile twisted.internet.utils.getProcessOutput gevent.subprocess.Popen
trio.run_process ansible.module_utils.basic.AnsibleModule.run_command polars.read_csv
pyarrow.csv.read_csv networkx.drawing.nx_agraph.view_pygraphviz company.tools.run_command
company.net.download_file company.shell.execute company.plugins.import_string
company.eval_expression skops.io.load xgboost.rabit.exec lightgbm.compat.import_module
"""
THIRD_PARTY = _THIRD_PARTY.split()


def gadgets() -> Made:
    """Calls of what is closed, by its name, in the opcodes of different protocols."""
    for count, full in enumerate((*STANDARD, *THIRD_PARTY)):
        parts = full.split(".")
        cut = next((i for i, each in enumerate(parts) if each[:1].isupper()), len(parts) - 1)
        cut = max(1, min(cut, len(parts) - 1))
        module, name = ".".join(parts[:cut]), ".".join(parts[cut:])
        kind = count % 4
        line = f"c{module}\n{name}\n".encode()
        content = {
            0: call(module, name),
            1: line + b"(" + TRUE + b"tR.",
            2: b"\x80\x02" + line + TRUE + b"\x85R.",
            3: b"(" + TRUE + f"i{module}\n{name}\n.".encode(),
        }[kind]
        yield f"gadget/{full}.pkl", content


def opcodes() -> Made:
    """Every way to call."""
    system = b"cos\nsystem\n"
    yield "opcode/reduce.pkl", system + TRUE + b"\x85R."
    yield "opcode/inst.pkl", b"(" + TRUE + b"ios\nsystem\n."
    yield "opcode/obj.pkl", b"(" + system + TRUE + b"o."
    yield "opcode/newobj.pkl", b"csubprocess\nPopen\n" + TRUE + b"\x85\x81."
    yield "opcode/newobj-ex.pkl", b"\x80\x04csubprocess\nPopen\n)}" + TRUE + TRUE + b"s\x92."
    yield "opcode/build-class.pkl", b"csklearn.svm\nSVC\n}S'fit'\ncos\nsystem\nsb."
    yield (
        "opcode/build-slots.pkl",
        b"csklearn.svm\nSVC\nN}S'__init__'\ncos\nsystem\ns\x86b.",
    )
    yield "opcode/append.pkl", b"csys\npath\nS'/x'\na."
    yield "opcode/appends.pkl", b"csys\npath\n(S'/x'\ne."
    yield "opcode/setitem.pkl", b"cos\nenviron\nS'PATH'\nS'x'\ns."
    yield "opcode/setitems.pkl", b"csys\nmodules\n(S'os'\nNu."
    yield "opcode/builtins-dict.pkl", b"cbuiltins\n__dict__\nS'len'\ncbuiltins\neval\ns."
    yield "opcode/additems.pkl", b"\x80\x04csys\nmeta_path\n(S'x'\n\x90."
    yield "opcode/library.pkl", b"cnumpy\ncore\n}S'ndarray'\nNsb."
    yield (
        "opcode/setstate.pkl",
        b"csklearn.svm\nSVC\n)\x81}S'__setstate__'\ncos\nsystem\nsbS'true'\nb.",
    )
    yield (
        "opcode/setstate-unknown.pkl",
        b"csklearn.svm\nSVC\n)\x81}S'__setstate__'\ncwater.tools\nexecute\nsbS'true'\nb.",
    )
    for width, opcode in ((1, b"\x82"), (2, b"\x83"), (4, b"\x84")):
        number = (240).to_bytes(width, "little")
        yield f"opcode/ext{width}.pkl", b"\x80\x02" + opcode + number + TRUE + b"\x85R."
    yield "opcode/persistent.pkl", b"S'x'\nQ" + TRUE + b"\x85R."
    yield "opcode/persistent-line.pkl", b"Px\n" + TRUE + b"\x85R."


def hidden() -> Made:
    """Names that are put together, recalled, or written oddly."""
    join = b"cbuiltins\nstr.join\n"
    yield (
        "hidden/join.pkl",
        b"\x80\x04" + join + b"S''\n(S'o'\nS's'\nt\x86R" + text("system") + b"\x93" + TRUE
        + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/str.pkl",
        b"\x80\x04cbuiltins\nstr\n" + text("os") + b"\x85R" + text("system") + b"\x93" + TRUE
        + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/rot13.pkl",
        b"\x80\x04ccodecs\ndecode\n" + text("bf") + text("rot13") + b"\x86R" + text("system")
        + b"\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/encode.pkl",
        b"\x80\x04cbuiltins\nstr\nc_codecs\nencode\n" + text("os") + text("latin1")
        + b"\x86R" + text("utf8") + b"\x86R" + text("system") + b"\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/concat.pkl",
        b"\x80\x04coperator\nconcat\n" + text("o") + text("s") + b"\x86R" + text("system")
        + b"\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/chr.pkl",
        b"\x80\x04cbuiltins\nchr\nKo\x85R" + text("x") + b"\x93" + TRUE + b"\x85R.",
    )
    yield (
        "hidden/getattr.pkl",
        b"\x80\x04cbuiltins\ngetattr\ncos\nsys\n" + text("exit") + b"\x86R)R.",
    )
    yield (
        "hidden/getattr-import.pkl",
        b"cbuiltins\ngetattr\ncbuiltins\n__import__\nS'os'\n\x85RS'system'\n\x86R"
        + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/getattr-globals.pkl",
        b"cbuiltins\ngetattr\nccollections\nOrderedDict\nS'__init__'\n\x86R)R.",
    )
    yield (
        "hidden/getattr-subclasses.pkl",
        b"cbuiltins\ngetattr\ncbuiltins\nobject\nS'__subclasses__'\n\x86R)R.",
    )
    yield (
        "hidden/dotted.pkl",
        call("torch", "serialization.os.system"),
    )
    yield "hidden/dotted-numpy.pkl", call("numpy", "core.os.system")
    yield "hidden/dotted-sklearn.pkl", call("sklearn", "os.popen")
    yield "hidden/dotted-dunder.pkl", call("collections", "OrderedDict.__init__.__globals__.get")
    yield "hidden/space.pkl", call("os ", "system")
    yield "hidden/empty-module.pkl", call("", "system")
    yield "hidden/wide.pkl", call("\uff4fs", "system")
    yield "hidden/zero-width.pkl", call("os\u200b", "system")
    yield "hidden/surrogate.pkl", call("os\ud800", "system")
    yield "hidden/python2.pkl", b"c__builtin__\napply\ncposix\nsystem\n(" + TRUE + b"t\x86R."
    yield (
        "hidden/memo.pkl",
        b"\x80\x04" + text("collections") + b"\x94" + text("OrderedDict") + b"\x9400"
        + text("os") + b"q\x00" + text("system") + b"q\x0100h\x00h\x01\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/memo-far.pkl",
        b"\x80\x04" + text("os") + b"r\xff\xff\x00\x000" + text("system")
        + b"r\xfe\xff\x00\x000j\xff\xff\x00\x00j\xfe\xff\x00\x00\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield "hidden/memo-callable.pkl", b"cos\nsystem\np9\n0g9\n" + TRUE + b"\x85R."
    yield "hidden/pop-mark.pkl", b"\x80\x04(NNN1(0cos\nsystem\n" + TRUE + b"\x85R."
    yield "hidden/dup.pkl", b"cos\nsystem\n20" + TRUE + b"\x85R."
    yield (
        "hidden/long-text.pkl",
        b"\x80\x04X\xff\x03\x00\x00" + b"o" * 1023 + text("system") + b"\x93" + TRUE + b"\x85R.",
    )
    yield "hidden/frame.pkl", b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00" + PAYLOAD[2:]
    yield "hidden/two-protocols.pkl", b"\x80\x02\x80\x05\x80\x04" + PAYLOAD[2:]
    many = b"".join(text(f"k{each}") + b"\x94K\x01" for each in range(60_000))
    yield (
        "hidden/in-bulk.pkl",
        b"\x80\x04}\x94(" + text("os") + b"\x94" + text("system") + b"\x94" + many
        + b"uh\x01h\x02\x93" + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "hidden/in-bulk-late.pkl",
        b"\x80\x04]\x94(" + b"".join(text(f"w{each}") + b"\x94" for each in range(50_000))
        + text("os") + b"\x94" + text("system") + b"\x94"
        + b"".join(text(f"v{each}") + b"\x94" for each in range(50_000)) + b"e"
        + b"j" + struct.pack("<I", 50_001) + b"j" + struct.pack("<I", 50_002) + b"\x93" + TRUE
        + b"\x85R.",
    )  # fmt: skip


def indirect() -> Made:
    """Open callables that are handed what they should not have, and results that are called."""
    system, one = b"cos\nsystem\n", TRUE + b"\x85"
    yield "indirect/partial.pkl", b"cfunctools\npartial\n" + system + TRUE + b"\x86R."
    yield "indirect/partial-called.pkl", b"cfunctools\npartial\n" + system + one[:-1] + b"\x86R)R."
    yield (
        "indirect/partial-unknown.pkl",
        b"cfunctools\npartial\ncwater.sh\nrun\n" + TRUE + b"\x86R)R.",
    )
    yield "indirect/defaultdict.pkl", b"ccollections\ndefaultdict\ncos\ngetcwd\n\x85R."
    yield "indirect/ordereddict.pkl", b"ccollections\nOrderedDict\n" + system + b"\x85R."
    yield (
        "indirect/map.pkl",
        b"cbuiltins\nlist\ncbuiltins\nmap\n" + system + b"]" + TRUE + b"a\x86R\x85R.",
    )
    yield "indirect/iter.pkl", b"cbuiltins\niter\ncos\ngetpid\nK\x01\x86R."
    yield "indirect/type.pkl", b"cbuiltins\ntype\nS'X'\n)}\x87R."
    yield "indirect/attrgetter.pkl", b"coperator\nattrgetter\nS'system'\n\x85Rcos\nsys\n\x85R."
    yield "indirect/methodcaller.pkl", b"coperator\nmethodcaller\nS'x'\n\x85R)R."
    yield "indirect/itemgetter-called.pkl", b"coperator\nitemgetter\nK\x00\x85Rcos\nenviron\n\x85R."
    yield (
        "indirect/reconstructor.pkl",
        b"ccopyreg\n_reconstructor\ncsubprocess\nPopen\ncbuiltins\nobject\nN\x87R.",
    )
    yield (
        "indirect/numpy-reconstruct.pkl",
        b"cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\nK\x00\x85C\x01b\x87R.",
    )
    yield (
        "indirect/rebuild-type.pkl",
        b"ctorch._tensor\n_rebuild_from_type_v2\ncos\nsystem\nctorch\nTensor\n(" + TRUE
        + b"tN(tR.".replace(b"N(t", b"N") + b"",
    )  # fmt: skip
    yield (
        "indirect/rebuild-type-open.pkl",
        b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(cbuiltins\ngetattr\nctorch\nTensor\n("
        + TRUE + b"tNtR.",
    )  # fmt: skip
    yield (
        "indirect/method-of-model.pkl",
        b"cbuiltins\ngetattr\ncpandas.core.frame\nDataFrame\n)\x81S'to_pickle'\n\x86R"
        + TRUE + b"\x85R.",
    )  # fmt: skip
    yield (
        "indirect/method-of-array.pkl",
        b"cbuiltins\ngetattr\ncnumpy\nndarray\nK\x01\x85\x85RS'tofile'\n\x86R" + one + b"R.",
    )
    yield "indirect/result-called.pkl", b"csklearn.pipeline\nPipeline\n)\x81" + one + b"R."
    yield (
        "indirect/getitem.pkl",
        b"coperator\ngetitem\ncsys\nmodules\nS'os'\n\x86R.",
    )
    nested = b"\x8e" + struct.pack("<Q", len(PAYLOAD)) + PAYLOAD
    yield "indirect/nested-bytes.pkl", b"\x80\x04cpickle\nloads\n" + nested + b"\x85R."
    yield (
        "indirect/torch-bytes.pkl",
        b"\x80\x04ctorch.storage\n_load_from_bytes\n" + nested + b"\x85R.",
    )
    packed = torch_zip(PAYLOAD)
    yield (
        "indirect/torch-packed.pkl",
        b"\x80\x04ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(packed)) + packed
        + b"\x85R.",
    )  # fmt: skip


def held() -> Made:
    """Nothing is called while loading; whoever uses the model calls it."""
    head = b"\x80\x04csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}("
    for full in (
        "os.system", "subprocess.run", "builtins.eval", "builtins.exec", "builtins.getattr",
        "pickle.loads", "torch.load", "numpy.load", "pandas.read_pickle", "joblib.load",
        "urllib.request.urlopen", "shutil.rmtree", "importlib.import_module", "builtins.open",
        "runpy.run_path", "requests.get", "dill.loads", "cloudpickle.loads", "marshal.loads",
        "builtins.compile", "builtins.__import__", "ctypes.CDLL", "torch.hub.load",
    ):  # fmt: skip
        module, _, name = full.rpartition(".")
        value = f"c{module}\n{name}\n".encode()
        yield f"held/{full}.pkl", head + b"S'func'\n" + value + b"S'validate'\n\x89ub."
    partial = b"cfunctools\npartial\ncsubprocess\nrun\n\x85R"
    yield "held/partial.pkl", head + b"S'func'\n" + partial + b"ub."
    yield "held/in-list.pkl", b"\x80\x04](K\x01cos\nsystem\nK\x02e."
    yield "held/in-dict.pkl", b"\x80\x04}" + text("loss") + b"cos\nsystem\ns."
    yield (
        "held/in-named-arguments.pkl",
        (b"\x80\x04csklearn.svm\nSVC\n)}" + text("kernel") + b"cos\nsystem\ns\x92."),
    )
    yield "held/module-attribute.pkl", (
        b"\x80\x04csklearn.svm\nSVC\n)\x81}" + text("kernel") + named("os", "path.os.system")
        + b"sb."
    )  # fmt: skip


def torch_zip(pickled: bytes, name: str = "data.pkl", method: int = 0) -> bytes:
    """The layout of a PyTorch archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr(f"archive/{name}", pickled)
        file.writestr("archive/version", "3\n")
        file.writestr("archive/data/0", bytes(16))
    return out.getvalue()


def npy(body: bytes) -> bytes:
    """An array of one object."""
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + body


def tar(members: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def containers() -> Made:
    """The same payload, wrapped."""
    benign = pickle.dumps(collections.OrderedDict(a=[1.5] * 50), 4)
    joblib_array = (
        b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(S'dtype'\ncnumpy\ndtype\n"
        b"(S'f8'\n\x89\x88tRS'shape'\nK\x03\x85S'numpy_array_alignment_bytes'\nK\x10ub"
        b"\x03\xff\xff\xff" + bytes(24) + b"0" + PAYLOAD[2:]
    )
    objects = (
        b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(S'dtype'\ncnumpy\ndtype\n"
        b"(S'O8'\n\x89\x88tRS'shape'\nK\x01\x85ub" + PAYLOAD + b"."
    )
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    legacy = magic + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    plain = {
        "plain": PAYLOAD,
        "joblib-array": joblib_array,
        "joblib-objects": objects,
        "behind": benign + PAYLOAD,
        "after-data": b"\x80\x04" + benign[2:-1].replace(b"\x95", b"\x95", 1) + b"0" + PAYLOAD[2:],
    }
    for name, data in plain.items():
        for ending in ("pkl", "joblib", "bin", "pt", "dat", "sav", "txt"):
            yield f"container/{name}.{ending}", data
        yield f"container/{name}.gz.joblib", gzip.compress(data)
        yield f"container/{name}.bz2.joblib", bz2.compress(data)
        yield f"container/{name}.xz.joblib", lzma.compress(data)
        yield f"container/{name}.lzma.joblib", lzma.compress(data, lzma.FORMAT_ALONE)
        yield f"container/{name}.zlib.joblib", zlib.compress(data)
        yield f"container/{name}.zip", zipped({"m.pkl": data})
        yield f"container/{name}.tar", tar({"m.pkl": data})
        yield f"container/{name}.tar.gz", tar({"m.pkl": data}, "w:gz")
        yield f"container/{name}.deep.zip", zipped({"a.zip": zipped({"b.tar": tar({"c": data})})})
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield f"container/torch.{method}.pt", torch_zip(PAYLOAD, method=method)
    yield "container/torch-other-name.pt", torch_zip(PAYLOAD, "extra/hooks.pkl")
    yield "container/torch-legacy.pt", legacy + PAYLOAD + pickle.dumps([], 2)
    yield "container/torch-legacy-first.pt", PAYLOAD + legacy
    yield "container/array.npy", npy(PAYLOAD)
    yield "container/arrays.npz", zipped({"a.npy": npy(pickle.dumps([1])), "b.npy": npy(PAYLOAD)})
    for cut in (1, 2):
        yield f"container/cut-{cut}.pkl", PAYLOAD[:-1] + b"\xff" * (cut - 1)
    for count, tail in enumerate(
        (b"\xff\xff", b"00000", b"h\x99.", b"(u.", b"\x8c\xffa", b"garbage")
    ):
        yield f"container/broken-{count}.pkl", PAYLOAD[:-1] + tail
    for protocol in range(6):
        before = pickle.dumps(list(range(100)), protocol)
        yield f"container/prefixed-{protocol}.pkl", before[:-1] + b"0" + PAYLOAD[2:]
    long = pickle.dumps([each * 0.5 for each in range(200_000)], 4)
    yield "container/long.pkl", long[:-1] + b"0" + PAYLOAD[2:]


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    manifest: dict[str, str] = {}
    for maker in (gadgets, opcodes, hidden, indirect, held, containers):
        count = len(manifest)
        for name, content in maker():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            manifest[name] = "block"
        print(f"{maker.__name__}: {len(manifest) - count} files")
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


if __name__ == "__main__":
    main()
