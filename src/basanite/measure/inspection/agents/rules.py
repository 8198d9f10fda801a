"""Rules of what configures agents: what never varies of each finding."""

from __future__ import annotations

from basanite.domain.finding import Reference
from basanite.domain.severity import Severity
from basanite.measure.inspection.rulebook import Rulebook, by_case

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0053"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM06"),
)
_SHELL = Reference(scheme="CWE", id="CWE-78")
_rule = Rulebook("agent-configuration", REFERENCES).rule
RULES = by_case(
    _rule(
        "inline-script",
        "A script stands in the configuration",
        Severity.HIGH,
        "Do not start the agent with this file. Put what the server needs into a program that "
        "is reviewed and kept under version control, and start that.",
        _SHELL,
    ),
    _rule(
        "remote-script",
        "The configuration runs what it downloads",
        Severity.HIGH,
        "Do not start the agent with this file. Install the program from a fixed version, and "
        "check its digest before it runs.",
        Reference(scheme="CWE", id="CWE-494"),
    ),
    _rule(
        "passing-place",
        "A program is started from a place that anybody may write to",
        Severity.HIGH,
        "Do not start the agent with this file. Install the program where only an "
        "administrator may write.",
        Reference(scheme="CWE", id="CWE-427"),
    ),
    _rule(
        "loaded-code",
        "An environment variable makes programs load or run more",
        Severity.HIGH,
        "Remove the variable, or find out who needs it and review what it loads.",
        Reference(scheme="CWE", id="CWE-427"),
    ),
    _rule(
        "unpinned",
        "A server's version is not fixed",
        Severity.MEDIUM,
        "Name an exact version (`package@1.2.3`, `package==1.2.3`), a commit, or an image by "
        "digest, and change it on purpose.",
        Reference(scheme="CWE", id="CWE-1357"),
    ),
    _rule(
        "plain-address",
        "A server of tools is reached without encryption",
        Severity.HIGH,
        "Use https. Whoever is on the way can change what the tools say and do.",
        Reference(scheme="CWE", id="CWE-319"),
    ),
    _rule(
        "remote-server",
        "Tools are described and run elsewhere",
        Severity.LOW,
        "Know who runs the server, and compare its list of tools with the one you reviewed.",
    ),
    _rule(
        "open-listener",
        "A server of tools listens to every machine",
        Severity.MEDIUM,
        "Bind it to 127.0.0.1, or put authentication in front of it.",
        Reference(scheme="CWE", id="CWE-1327"),
    ),
    _rule(
        "unprotected",
        "A protection is switched off",
        Severity.MEDIUM,
        "Switch it on again; give the certificate of an own authority by its own setting.",
        Reference(scheme="CWE", id="CWE-295"),
    ),
    _rule(
        "prompts-elsewhere",
        "The conversation goes to another host",
        Severity.MEDIUM,
        "Make sure that this host is yours or your supplier's: it reads and writes every "
        "message, and gets the key of the model's issuer.",
    ),
    _rule(
        "wide-folder",
        "A server of files has no bound",
        Severity.HIGH,
        "Give it the one folder it works in.",
        Reference(scheme="CWE", id="CWE-732"),
    ),
    _rule(
        "wide-container",
        "A container of tools reaches its host",
        Severity.HIGH,
        "Mount only the folder it works in, and take the option away.",
        Reference(scheme="CWE", id="CWE-250"),
    ),
    _rule(
        "no-approval",
        "The agent acts without asking",
        Severity.HIGH,
        "Let a person approve what acts on machines, files or money. Allow single, harmless "
        "commands by name.",
        Reference(scheme="CWE", id="CWE-862"),
    ),
    _rule(
        "runs-code",
        "The agent runs code that it writes",
        Severity.MEDIUM,
        "Run it in a container without network and secrets, or switch it off.",
        Reference(scheme="CWE", id="CWE-94"),
    ),
    _rule(
        "runs-itself",
        "Commands run by themselves",
        Severity.LOW,
        "Read them: they run with your rights as soon as the agent does what they wait for.",
    ),
    _rule(
        "hidden-orders",
        "A tool's description gives orders to the model",
        Severity.HIGH,
        "Do not connect this server. A description should say what the tool does; these words "
        "take the agent over.",
        Reference(scheme="ATLAS", id="AML.T0051.001"),
    ),
    _rule(
        "odd-orders",
        "A tool's description may steer the model",
        Severity.MEDIUM,
        "Read it as the model does. Ask its author why it is marked up or speaks of other tools.",
        Reference(scheme="ATLAS", id="AML.T0051.001"),
    ),
    _rule(
        "same-name",
        "Two tools have the same name",
        Severity.MEDIUM,
        "Rename one, so that nobody can put his tool in the place of yours.",
    ),
    _rule(
        "open-schema",
        "A tool that acts takes whatever the model writes",
        Severity.MEDIUM,
        "Name the parameters and bound them by type, choice or pattern; refuse others.",
        Reference(scheme="CWE", id="CWE-20"),
    ),
)
