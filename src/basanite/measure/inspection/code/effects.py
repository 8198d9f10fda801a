"""Effects: what a call in Python source does to the world, by the full name of what is called."""

from __future__ import annotations

import re
from enum import Enum


class Effect(Enum):
    """What a call does, as far as its name tells."""

    PROCESS = "starts a program"
    NETWORK = "uses the network"
    EXECUTE = "executes text or code"
    EVALUATE = "evaluates text"
    NATIVE = "loads native code"
    BUILD = "builds or loads a native extension"
    DECODE = "decodes"


_NAMES = {
    Effect.PROCESS: re.compile(
        r"os\.(?:system|popen\d?|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|startfile|fork|forkpty)"
        r"|(?:posix|nt)\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?)"
        r"|subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)"
        r"|_posixsubprocess\.fork_exec|pty\.(?:spawn|fork)|commands\.get\w*output|popen2\.\w+"
        r"|asyncio\.(?:subprocess\.)?create_subprocess_(?:shell|exec)|pexpect\.(?:spawn|run)"
        r"|distutils\.spawn\.spawn|pip\.main|pip\._internal(?:\.\w+)*\.main"
        r"|(?:get_ipython|IPython\.get_ipython)\(\)\.(?:system|getoutput)"
    ),
    Effect.NETWORK: re.compile(
        r"(?:requests|httpx)\.(?:get|post|put|patch|delete|head|request|stream|[Ss]ession|Client)"
        r"(?:\(\))?(?:\.(?:get|post|put|patch|request|send))?"
        r"|urllib\.request\.(?:urlopen|urlretrieve|build_opener|URLopener)|urllib2?\.url\w+"
        r"|http\.client\.HTTPS?Connection|httplib\.HTTPS?Connection|aiohttp\.(?:ClientSession|request)"
        r"|socket\.(?:socket|create_connection|getaddrinfo|gethostbyname)|_socket\.socket"
        r"|(?:ftplib\.FTP|smtplib\.SMTP|telnetlib\.Telnet|imaplib\.IMAP4|poplib\.POP3)\w*"
        r"|xmlrpc\.client\.ServerProxy|paramiko\.\w+|websockets?\.\w+|wget\.download"
        r"|urllib3\.(?:PoolManager|request)(?:\(\))?(?:\.request)?|pycurl\.Curl|webbrowser\.open\w*"
    ),
    Effect.EXECUTE: re.compile(
        r"exec|execfile|types\.(?:FunctionType|CodeType|LambdaType)|runpy\.run_\w+"
        r"|code\.(?:interact|InteractiveInterpreter|InteractiveConsole|compile_command)(?:\(\))?"
        r"(?:\.(?:runsource|runcode|push))?|timeit\.(?:timeit|repeat)|cProfile\.run(?:ctx)?"
        r"|(?:get_ipython|IPython\.get_ipython)\(\)\.(?:run_cell|ex|run_code|run_line_magic)"
    ),
    Effect.EVALUATE: re.compile(
        r"eval|compile|(?:pandas|numexpr|sympy)\.(?:eval|evaluate|sympify)"
    ),
    Effect.NATIVE: re.compile(
        r"_?ctypes\.(?:CDLL|PyDLL|WinDLL|OleDLL|dlopen|cdll\.\w+|windll\.\w+|pydll\.\w+|oledll\.\w+)"
        r"(?:\.\w+)*|cffi\.FFI\(\)\.dlopen"
    ),
    Effect.BUILD: re.compile(
        r"torch\.utils\.cpp_extension\.(?:load|load_inline)|torch\.(?:ops|classes)\.load_library"
        r"|tensorflow\.load_(?:op_library|library)|cupy\.RawModule"
    ),
    Effect.DECODE: re.compile(
        r"base64\.\w*decode\w*|binascii\.(?:unhexlify|a2b_\w+)|codecs\.(?:decode|getdecoder)"
        r"|(?:bytes|bytearray)\.fromhex|(?:zlib|lzma|bz2|gzip|zstd|brotli|lz4\.\w+)\.decompress"
        r"|marshal\.loads|(?:cryptography\.fernet\.)?Fernet\(\)\.decrypt"
    ),
}


ANSWERS = re.compile(
    r"(?:.*\.)?(?:(?:completions|responses|messages|chat|ChatCompletion|Completion)"
    r"(?:\(\))?\.(?:create|complete|parse|acreate|send_message)|generate_content\w*"
    r"|(?:litellm|openai)\.a?completion|ollama\.(?:chat|generate))"
    r"|(?:.*\.)?\w*(?:llm|chain|agent|gpt|claude|gemini|chatbot|assistant)\w*(?:\(\))?"
    r"\.(?:a?invoke|predict|run|generate|complete|ask|chat|query)"
    r"|(?:.*\.)?(?:model|self\.model)\.generate"
    r"|(?:.*\.)?(?:ask|call|query|prompt|get|run)_(?:llm|gpt|model|completion|claude)\w*",
    re.IGNORECASE,
)
"""Calls that return what a language model wrote."""


def effect_of(name: str) -> Effect | None:
    """Return the effect of calling something of this full name, or None."""
    return next((effect for effect, names in _NAMES.items() if names.fullmatch(name)), None)
