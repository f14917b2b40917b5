"""The table of all checks: what each looks for, how much it matters, why, and what to do. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from calgui.core.rules.values import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True)
class Check:
    """One thing that is looked for.

    Attributes
    ----------
    code : str
        Short stable name, as in `Finding.code`.
    severity : Severity
        How much it matters in what the context reaches; elsewhere an error is a warning.
    title : str
        What it is called in a list.
    why : str
        Why it matters, in a sentence.
    cure : str
        What to do, in a sentence; a finding may know it better.
    many : str
        One sentence for several places, with ``{count}``; empty where each one is told by itself.
    few : int
        So many findings are told one by one before they become one sentence.
    """

    code: str
    severity: Severity
    title: str
    why: str
    cure: str
    many: str = ""
    few: int = 1


_ALL = (
    # ---------------------------------------------------------------- files that cannot be read or trusted
    Check(
        "syntax",
        _ERROR,
        "Mapping that cannot be read",
        "Nothing that this mapping should select is found.",
        "Restore the file from where the cache came.",
    ),
    Check(
        "unreadable",
        _ERROR,
        "File that cannot be opened",
        "Nothing that this file should select or say is known.",
        "Look at its permissions and links.",
    ),
    Check(
        "refused",
        _ERROR,
        "Mapping that crds refuses",
        "A pipeline stops, or finds nothing, for every type that this mapping decides.",
        "Restore the file from where the cache came.",
    ),
    Check(
        "circular",
        _ERROR,
        "Mappings that lead back to themselves",
        "crds follows the circle until it fails, and then blames another file.",
        "Correct the entry that leads back.",
    ),
    Check(
        "wrong-kind",
        _ERROR,
        "Entry that names a file of a wrong kind",
        "What the entry should select is not found.",
        "Name a file of the right kind.",
    ),
    Check(
        "unsafe-name",
        _ERROR,
        "Name that is no plain file name",
        "Such a name could lead out of the cache, so nothing follows it.",
        "Do not use a cache that names such files.",
    ),
    Check(
        "missing-mapping",
        _ERROR,
        "Mapping that is named but absent",
        "Every selection that needs it fails.",
        "Restore the file from where the cache came.",
        "{count} mappings are named but not in the cache: everything that they would select is not found.",
    ),
    Check(
        "missing-reference",
        _ERROR,
        "Reference that is named but absent",
        "A pipeline that is given the file stops when it opens it.",
        "Fetch the files into the cache's references.",
        "{count} references are named but not in the cache. They can be selected, but not used.",
    ),
    Check(
        "lfs-pointer",
        _ERROR,
        "Git LFS pointer in place of a file",
        "A pipeline that is given the file reads 130 bytes of text in place of pixels, and stops.",
        "Run 'git lfs pull' in the cache's repository.",
        "{count} files are Git LFS pointers: their places are there, their data are not.",
    ),
    Check(
        "corrupt",
        _ERROR,
        "Reference that does not open",
        "A pipeline that is given the file stops, or reads what was never written.",
        "Fetch the files anew.",
        "{count} references do not open. They can be selected, but not used.",
    ),
    Check(
        "checksum-mismatch",
        _ERROR,
        "Reference that is not what its own checksums say",
        "The pixels are not those that were delivered.",
        "Fetch the files anew; if they were changed on purpose, give them new names and new sums.",
        "{count} references are not what the checksums in their own headers say.",
    ),
    Check(
        "sha1",
        _ERROR,
        "Mapping whose checksum is wrong",
        "Stock crds refuses the mapping, and nobody can tell whether it was changed by mistake.",
        "Compare the files with their source; if they are as meant, let 'crds checksum' write the sums anew.",
        "{count} mappings have a wrong sha1sum, or none: they were changed after they were signed.",
    ),
    Check(
        "bad-file",
        _WARNING,
        "File that the configuration calls bad",
        "Its owner says that it should not be used for calibration.",
        "Use a context that selects another.",
        "{count} files are listed as bad in server_config.",
    ),
    # ---------------------------------------------------------------- rules that do not do what they seem to
    Check(
        "never-wins",
        _WARNING,
        "Rule that can never win",
        "Whoever reads the mapping believes that the file is in use, and it is not.",
        "Remove the entry, or make its rule ask for more than the one that hides it.",
        "{count} entries of several mappings can never win: whatever they match, another rule takes.",
        3,
    ),
    Check(
        "wins-only-by-na",
        _WARNING,
        "Rule that wins only by N/A",
        "For every observation that says what it is, another rule with a '*' outranks this one: '*' counts as a match,"
        " N/A does not.",
        "Remove the entry, or write '*' in both rules so that their dates are merged.",
        "{count} entries of several mappings win only for an observation that says N/A.",
        3,
    ),
    Check(
        "unmatchable",
        _WARNING,
        "Rule that no value can match",
        "crds refuses values that no rule of the column lists before it looks at patterns and comparisons.",
        "List the values, or add a rule with '*' or N/A in this column.",
    ),
    Check(
        "overlap",
        _WARNING,
        "Overlapping rules of equal weight",
        "crds merges their dates, so the newer file wins whichever rule it stands in; it refuses to certify one such"
        " rule that is a special case of another.",
        "Make one of the two rules more or less special, so that it is clear which is meant.",
        "{count} pairs of rules in several mappings match the same observations with equal weight.",
        3,
    ),
    Check(
        "ambiguous",
        _ERROR,
        "Overlapping rules that crds may not merge",
        "The header says 'merge_overlaps' is off, or the rules hold what cannot be merged: crds stops for such"
        " observations.",
        "Make one of the two rules more or less special.",
    ),
    Check(
        "catch-all",
        _INFO,
        "Rule that takes whatever the others leave",
        "An observation with a mistyped or new value gets this file without a word.",
        "Nothing to do if that is meant.",
        "{count} rules take any observation that the special rules beside them leave.",
    ),
    Check(
        "no-change",
        _INFO,
        "Date on which nothing changes",
        "The date looks like a change of calibration, and is none.",
        "Remove the later entry, or name the file that was meant.",
        "{count} dates select the same file as the date before: nothing changes on them.",
    ),
    Check(
        "never-selected",
        _INFO,
        "Reference that is never selected",
        "The file is delivered and named, but no observation gets it.",
        "Mend the rules that name it, or leave it out of the next version.",
        "{count} references are named only by rules that never win: no observation gets them.",
    ),
    Check(
        "duplicate",
        _WARNING,
        "Entry that stands twice",
        "Python keeps the last one silently: what the first one says is lost.",
        "Remove the one that is not meant.",
        "{count} entries stand again further down in their mapping, and only the last one counts.",
    ),
    Check(
        "key-length",
        _ERROR,
        "Rule with too many or too few values",
        "What is over is silently not compared.",
        "Give the rule one value for each parameter of 'parkey'.",
        "{count} rules do not have one value for each parameter: what is over is silently not compared.",
    ),
    Check(
        "date",
        _ERROR,
        "Date that is none",
        "crds compares dates as text: this one sorts wrongly, and the wrong file is selected without a word.",
        "Write it as year-month-day hours:minutes:seconds with all zeros.",
        "{count} dates are not of the form 2024-09-24 00:00:00: crds compares dates as text, and sorts them wrongly.",
    ),
    Check(
        "no-file",
        _ERROR,
        "Entry that selects no file",
        "An observation that it matches gets nothing usable.",
        "Name the file.",
        "{count} entries select no file.",
    ),
    Check(
        "unknown-parkey",
        _WARNING,
        "Parameter that no data model knows",
        "No observation's header can give it a value, so only N/A and '*' ever match.",
        "Correct the name in 'parkey'.",
        "{count} parameters of mappings are not known to the data models.",
        6,
    ),
    Check(
        "unknown-value",
        _WARNING,
        "Value outside the allowed ones",
        "The data models allow no observation with this value: the rule waits for what never comes.",
        "Correct the value, or add it to the data models.",
        "{count} values in the rules of several mappings are not allowed by the data models.",
        6,
    ),
    Check(
        "hooks",
        _WARNING,
        "Hook that does nothing",
        "What the hook should do to the header is not done.",
        "Remove 'hooks' from the header.",
    ),
    # ---------------------------------------------------------------- names and history
    Check(
        "name",
        _WARNING,
        "Header name unlike the file's",
        "Reports and products that record the mapping by its header mean another file.",
        "Correct 'name' in the header, and its sha1sum.",
        "{count} mappings are called otherwise in their header than their file.",
    ),
    Check(
        "naming",
        _WARNING,
        "Name outside CRDS's rules",
        "Tools that read instrument and type from the name take the file for something else.",
        "Rename them when their next version is made.",
        "{count} files are not named by CRDS's rules: tools that read instrument and type from names fail on them.",
    ),
    Check(
        "derived-from",
        _INFO,
        "History that leads nowhere",
        "What changed since the version before cannot be shown.",
        "Add the predecessors to see the history, or leave 'derived_from' empty.",
        "{count} mappings say they were derived from what the cache does not have: what changed cannot be shown.",
    ),
    Check(
        "parkey",
        _WARNING,
        "Unusual keyword for instrument or type",
        "crds takes these from the names in the table and not from this keyword; other tools may follow it.",
        "Correct 'parkey', and the sha1sum.",
    ),
    Check(
        "type",
        _WARNING,
        "Rules for another type",
        "An observation gets a file of a type that it did not ask for.",
        "Correct the header, or the table that names the file.",
    ),
    Check(
        "instrument",
        _WARNING,
        "Rules for another instrument",
        "An observation gets a file of another instrument.",
        "Correct the header, or the table that names the file.",
    ),
    Check(
        "not-applicable",
        _INFO,
        "Type that is declared not applicable",
        "No file is looked for, whatever the observation says.",
        "Nothing to do if that is meant.",
        "{count} types are declared not applicable: for them no file is looked for.",
    ),
    # ---------------------------------------------------------------- what the references say of themselves
    Check(
        "reftype",
        _WARNING,
        "Reference of another type than its rule",
        "The pipeline may take a flat for a dark.",
        "Look which of the two is right: the file's header or the mapping.",
        "{count} references say that they are of another type than the rules that select them.",
    ),
    Check(
        "instrume",
        _WARNING,
        "Reference of another instrument than its rule",
        "The pipeline calibrates with a file of another instrument.",
        "Look which of the two is right: the file's header or the mapping.",
        "{count} references say that they are of another instrument than the rules that select them.",
    ),
    Check(
        "useafter",
        _WARNING,
        "Reference that is used before its own USEAFTER",
        "The file's author says that it does not hold for observations that get it.",
        "Look which of the two dates is right: the file's USEAFTER or the mapping's.",
        "{count} references are selected for observations before the USEAFTER in their own header.",
    ),
    Check(
        "header",
        _WARNING,
        "Reference whose header cannot be read",
        "Nobody can compare what the file says of itself with the rules that select it.",
        "Fetch the files anew.",
        "{count} references have headers that cannot be read.",
    ),
    # ---------------------------------------------------------------- the folders and the configuration
    Check(
        "unnamed-file",
        _INFO,
        "File that no mapping names",
        "It takes room and can never be selected; perhaps a rule for it was forgotten.",
        "Add rules for them, or take them out of the cache.",
        "{count} files in the folder of references are named by no mapping.",
    ),
    Check(
        "unreachable-mapping",
        _INFO,
        "Mapping that no context reaches",
        "Whatever it says, it is never asked; perhaps a context was not updated.",
        "Name them in a context, or take them out of the cache.",
        "{count} mappings are reached by no context: whatever they say, they are never asked.",
    ),
    Check(
        "no-context",
        _ERROR,
        "Cache without a context",
        "There is nothing to select references in.",
        "Restore the .pmap files from where the cache came.",
    ),
    Check(
        "no-references",
        _INFO,
        "Cache with mappings only",
        "Rules can be asked, but nothing is known of the files that they select.",
        "Add the folder 'references'.",
    ),
    Check(
        "server-config",
        _WARNING,
        "Configuration that does not fit the cache",
        "Stock crds stops here, or uses another context than the one that is meant.",
        "Correct server_config.",
    ),
    Check(
        "not-looked-at",
        _INFO,
        "Looked at in part only",
        "Looking at everything would take minutes: nothing is known of the rest.",
        "Nothing to do; split the mapping if it is to be checked whole.",
        "{count} mappings were looked at in part only: they have too many rules that are alike.",
        1,
    ),
)

#: all checks by code
CHECKS: Mapping[str, Check] = MappingProxyType({check.code: check for check in _ALL})
