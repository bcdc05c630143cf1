"""Writes every mutant of a C++ source into one copy of it, on the lines of the original, each switched at run
time by its number (mutant schemata: R. Untch, A. Offutt, M. Harrold, ISSTA 1993). See mutate.py.

The source is formatted by clang-format with spaces around binary operators, which is what tells `a < b` from
`A<B>` here. What is read wrongly does not compile, and mutate.py leaves it out.
"""

import dataclasses
import re

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*#(?:\\\n|[^\n])*)"
    r"|(?P<string>R\"\(.*?\)\"|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+')"
    r"|(?P<number>\.?\d(?:[eEpP][+-]|[\w.']|)*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<op>->\*|<<=|>>=|\.\.\.|::|->|\+\+|--|&&|\|\||==|!=|<=|>=|<<|[-+*/%&|^]=|.)",
    re.MULTILINE | re.DOTALL,
)
_POLICY = re.compile(r"Policy\b|\bS\b")  # in the parameters of a template
_OPEN = {"(": ")", "[": "]", "{": "}"}
_NS = "::sabre::verify::internal::"
_COMPARE = {"<": ("Lt", "<="), "<=": ("Le", "<"), ">": ("Gt", ">="), ">=": ("Ge", ">"), "==": ("Eq", "!="), "!=": ("Ne", "==")}
_ASSIGN = {"=", "+=", "-=", "|=", "&=", "^=", "*=", "/=", "%=", "<<=", ">>="}
# What ends the operand of a comparison, at the depth of its operator.
_LOWER = {"&&", "||", "?", ":", ",", "return", ";", "<<"} | _ASSIGN | set(_COMPARE)
_WAKE = re.compile(r"\b(Notify\w*|Unpark|Wake\w*|Ring|On[A-Z]\w*|complete_|CompleteAll)\(")
_UNLINK = re.compile(r"\b(Erase\w*|Remove|PopFront|TakeAll|TakeListener|ReplaceInChain|Leave|Unlink)\(")
_STORE = re.compile(r"\.(store|Set|exchange|fetch_\w+)\(|(?<![=!<>])=(?!=)|\+\+|--")
_SHARED = re.compile(r"\.(store|load|exchange|compare_exchange_\w+|fetch_\w+|Set|Get|Take|lock|unlock)\(")


@dataclasses.dataclass
class Mutant:
    number: int
    file: str  # as the source is named to schemata()
    line: int
    operator: str
    text: str  # the line of the source, without the space around it
    what: str  # what exactly is changed


@dataclasses.dataclass
class _Token:
    kind: str
    text: str
    start: int
    end: int
    spaced: bool = False  # space on both sides


@dataclasses.dataclass
class _Statement:
    kind: str
    first: int  # token
    last: int  # token after
    inside: list = dataclasses.field(default_factory=list)


class _Source:
    def __init__(self, name, text, first_number, excluded):
        self.name, self.text, self.next_number, self.excluded = name, text, first_number, excluded
        self.lines = text.split("\n")
        self.tokens = []
        for match in _TOKEN.finditer(text):
            if match.lastgroup != "skip":
                self.tokens.append(_Token(match.lastgroup, match.group(), match.start(), match.end()))
        for token in self.tokens:
            token.spaced = text[token.start - 1 : token.start].isspace() and text[token.end : token.end + 1].isspace()
        self.match = {}
        stack = []
        for i, token in enumerate(self.tokens):
            if token.kind == "op" and token.text in _OPEN:
                stack.append(i)
            elif token.kind == "op" and token.text in _OPEN.values() and stack:
                self.match[i] = stack.pop()
                self.match[self.match[i]] = i
        self.mutants = []
        self.wraps = []  # (start, end, prefix, suffix, level)
        self.replaced = {}  # token → text

    # ---- making mutants

    def line_of(self, token):
        return self.text.count("\n", 0, self.tokens[token].start) + 1

    def new(self, token, operator, what):
        """The number of a new mutant at that token; None if its line does not bear any."""
        line = self.line_of(token)
        if line in self.excluded:
            return None
        self.mutants.append(Mutant(self.next_number, self.name, line, operator, self.lines[line - 1].strip(), what))
        self.next_number += 1
        return self.next_number - 1

    def wrap(self, first, last, prefix, suffix, level=0):
        """Puts text around the tokens [first, last). Of two around the same, the lower level is the outer."""
        self.wraps.append((self.tokens[first].start, self.tokens[last - 1].end, prefix, suffix, level))

    def between(self, first, last):
        return self.text[self.tokens[first].start : self.tokens[last - 1].end] if first < last else ""

    def short(self, first, last):
        text = " ".join(self.between(first, last).split())
        return text if len(text) <= 60 else text[:57] + "..."

    def render(self):
        edits = []  # sorted by the first five, then: where the text that is replaced ends, the text
        for i, (start, end, prefix, suffix, level) in enumerate(self.wraps):
            # At one place inner ranges close before outer ones, and all before the next opens.
            edits.append((start, 1, -end, level, i, start, prefix))
            edits.append((end, 0, -start, -level, -i, end, suffix))
        for token, text in self.replaced.items():
            edits.append((self.tokens[token].start, 2, 0, 0, 0, self.tokens[token].end, text))
        out, at = [], 0
        for start, _, _, _, _, end, text in sorted(edits):
            out.append(self.text[at:start])
            out.append(text)
            at = max(at, end, start)
        return "".join(out) + self.text[at:]

    # ---- finding function bodies

    def skip_angles(self, i):
        """After the `>` that matches the `<` at i."""
        depth = 0
        while i < len(self.tokens):
            text = self.tokens[i].text
            if text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return i + 1
            elif text in _OPEN:
                i = self.match[i]
            i += 1
        return i

    def find(self, i, end, wanted):
        """The first of the tokens `wanted` at this depth."""
        while i < end and self.tokens[i].text not in wanted:
            i = self.match[i] + 1 if self.tokens[i].text in _OPEN and i in self.match else i + 1
        return i

    def scope(self, i, end, checked=False):
        """The declarations in [i, end). Only what is a template on a policy, or within one, is checked."""
        within, outer = checked, checked
        while i < end:
            text = self.tokens[i].text
            if text != "template":
                within, checked = checked, outer
            if text in ("public", "private", "protected"):
                i += 2
            elif text in (";", "inline") or self.tokens[i].kind == "string":
                i += 1
            elif text == "template":
                after = self.skip_angles(i + 1)
                checked = checked or _POLICY.search(self.between(i + 2, after - 1)) is not None
                i = after
            elif text in ("namespace", "class", "struct", "union", "extern"):
                opening = self.find(i, end, {"{", ";"})
                if opening < end and self.tokens[opening].text == "{":
                    self.scope(opening + 1, self.match[opening], within)
                    opening = self.match[opening]
                i = opening + 1
            elif text in ("using", "typedef", "static_assert", "friend", "enum"):
                i = self.find(i, end, {";"}) + 1
            else:
                i = self.member(i, end, within)

    def member(self, first, end, checked):
        """A declaration that is not a type: mutates its body if it is a function. Returns the token after."""
        i, parameters, initializers = first, None, False
        while i < end:
            text, before = self.tokens[i].text, self.tokens[i - 1].text
            if text == ";":
                return i + 1
            if text == "=" and before != "operator":
                return self.find(i, end, {";"}) + 1
            if text == "(" and parameters is None and before not in ("alignas", "decltype", "__attribute__"):
                parameters = i
            if text == ":" and parameters is not None:
                initializers = True
            if text == "{" and parameters is not None and not (initializers and before not in (")", "}")):
                head = [token.text for token in self.tokens[first:i]]
                if checked and "constexpr" not in head:
                    self.body(i, returns_bool=self.tokens[parameters - 2].text == "bool")
                return self.match[i] + 1
            i = self.match[i] + 1 if text in _OPEN else i + 1
        return end

    # ---- statements

    def body(self, opening, returns_bool=False):
        closing = self.match[opening]
        statements = self.block(opening + 1, closing)
        for i in range(opening + 1, closing):
            self.operators_at(i, opening, closing)
        self.mutate_block(statements, statements, "lock_guard" in self.between(opening, closing), returns_bool)

    def block(self, i, end):
        statements = []
        while i < end:
            statement = self.statement(i, end)
            statements.append(statement)
            i = statement.last
        return statements

    def statement(self, i, end):
        text = self.tokens[i].text
        if text == "{":
            return _Statement("block", i, self.match[i] + 1, self.block(i + 1, self.match[i]))
        if text in ("if", "while", "for", "switch"):
            opening = i + 1 if self.tokens[i + 1].text == "(" else i + 2
            inner = self.statement(self.match[opening] + 1, end)
            made = _Statement(text, i, inner.last, [inner])
            if text == "if" and inner.last < end and self.tokens[inner.last].text == "else":
                other = self.statement(inner.last + 1, end)
                made.last = other.last
                made.inside.append(other)
            return made
        if text == "do":
            inner = self.statement(i + 1, end)
            return _Statement("do", i, self.find(inner.last, end, {";"}) + 1, [inner])
        if text in ("case", "default"):
            return _Statement("label", i, self.find(i, end, {":"}) + 1)
        last = min(self.find(i, end, {";"}) + 1, end)
        if text in ("return", "break", "continue"):
            return _Statement(text, i, last)
        return _Statement("declaration" if self.declares(i, last) else "expression", i, last)

    def declares(self, i, last):
        text = self.tokens[i].text
        if text in ("const", "static", "constexpr", "auto", "using", "typename", "struct", "class", "enum", "typedef", "static_assert"):
            return True
        if self.tokens[i].kind != "name" or text in ("delete", "new", "throw", "co_return", "co_await", "co_yield", "goto", "this"):
            return False
        i += 1
        while i < last:
            if self.tokens[i].text == "<" and not self.tokens[i].spaced:
                i = self.skip_angles(i)
            elif self.tokens[i].text == "::":
                i += 2
            else:
                break
        while i < last and self.tokens[i].text in ("*", "&", "&&", "const", "**"):
            i += 1
        return i < last and self.tokens[i].kind == "name"

    def lambdas(self, first, last):
        """The opening braces of the lambdas in [first, last), not of those within them."""
        i = first
        while i < last:
            if self.tokens[i].text == "[" and i in self.match and self.tokens[i - 1].kind != "name" and self.tokens[i - 1].text not in (")", "]"):
                j = self.match[i] + 1
                if j < last and self.tokens[j].text == "(":
                    j = self.match[j] + 1
                while j < last and self.tokens[j].text not in ("{", ";", ",", ")", "("):
                    j += 1
                if j < last and self.tokens[j].text == "{":
                    yield j
                    i = self.match[j]
            i += 1

    def operator_of_drop(self, text):
        if _WAKE.search(text):
            return "drop a notify"
        if _UNLINK.search(text):
            return "forget to unlink"
        if re.search(r"\bunlock\(|\bUnlock\(", text):
            return "drop an unlock"
        if re.search(r"\b(SpinHint|ThreadYield)\(", text):
            return None  # not there for correctness; without it a model spins for ever
        if re.search(r"\bFence\(", text):
            return None  # the order audit does it
        return "drop a store" if _STORE.search(text) else "drop a call"

    def swappable(self, statement):
        if statement.kind not in ("expression", "if", "block"):
            return False
        words = {token.text for token in self.tokens[statement.first : statement.last]}
        return not words & {"break", "continue", "case", "SpinHint", "ThreadYield", "Fence"}

    def mutate_block(self, statements, function, locked, returns_bool):
        self.swaps(statements)
        for statement in statements:
            self.mutate(statement, statements, function, locked, returns_bool)

    def swaps(self, statements):
        i = 0
        while i < len(statements):
            j = i
            while j < len(statements) and self.swappable(statements[j]):
                j += 1
            run = statements[i:j]
            while len(run) >= 2:
                # Cut where a swap could not be seen: two plain assignments, two fields of one lock's data.
                n = 1
                while n < len(run) and self.visible(run[n - 1], run[n]):
                    n += 1
                if n >= 2:
                    self.swap_run(run[:n])
                run = run[n:]
            i = max(j, i + 1)

    def visible(self, a, b):
        first, second = self.between(a.first, a.last), self.between(b.first, b.last)
        plain = r"^[\w.\[\]>()*-]*(\.Set\(| [-+|&]?= )"
        if re.match(plain, first) and re.match(plain, second) and not _WAKE.search(first + second):
            return False
        return bool(_SHARED.search(first + second) or _WAKE.search(first + second) or _UNLINK.search(first + second) or "(" in first + second)

    def swap_run(self, run):
        if any(self.line_of(s.first) in self.excluded for s in run):
            return
        first = None
        for a, b in zip(run, run[1:]):
            texts = self.between(a.first, a.last), self.between(b.first, b.last)
            stores = all(_STORE.search(text) for text in texts)
            name = "wake before store" if _WAKE.search(texts[1]) else "swap two stores" if stores else "swap two steps"
            number = self.new(a.first, name, f"{self.short(a.first, a.last)} ↔ {self.short(b.first, b.last)}")
            first = number if first is None else first
        self.wrap(run[0].first, run[-1].last, f"for ({_NS}Sequence s({first}, {len(run)}); s.More();) switch (s.Next()) {{ ", " }")
        for i, one in enumerate(run):
            self.wrap(one.first, one.last, f"case {i}: {{ ", " } break;")

    def mutate(self, statement, siblings, function, locked, returns_bool):
        first, last, kind = statement.first, statement.last, statement.kind
        if kind == "block":
            self.mutate_block(statement.inside, function, locked, returns_bool)
            return
        if kind == "expression":
            text = self.between(first, last)
            operator = self.operator_of_drop(text)
            if operator is not None:
                self.drop(first, last, operator)
            self.one_or_all(first, last)
        elif kind in ("return", "break", "continue"):
            # Alone in its branch, it is dropped with the check. The function must go on after it.
            goes_on = kind != "return" or last <= function[-1].first or function[-1].kind == "for"
            if len(siblings) > 1 and goes_on:
                self.drop(first, last, f"drop a {kind}")
            if kind == "return" and returns_bool and last - first > 2:
                self.negate_return(first + 1, last - 1)
        elif kind == "declaration":
            self.lock(first, last)
        elif kind in ("if", "while", "do", "for", "switch"):
            self.condition(statement, locked)
        for inner in statement.inside:
            self.mutate(inner, [inner], function, locked, returns_bool)
        if kind in ("expression", "declaration", "return"):
            for opening in self.lambdas(first, last):
                inner = self.block(opening + 1, self.match[opening])
                if inner:
                    self.mutate_block(inner, inner, locked, False)

    def drop(self, first, last, operator):
        number = self.new(first, operator, self.short(first, last))
        if number is not None:
            self.wrap(first, last, f"{{ if (!{_NS}Mutated({number})) ", " }")

    def one_or_all(self, first, last):
        match = re.fullmatch(r"([\w.>()-]*\.)?Notify(One|All)\(\);", self.between(first, last))
        if match is None:
            return
        other = {"One": "All", "All": "One"}[match.group(2)]
        number = self.new(first, "notify one for all" if other == "One" else "notify all for one", self.short(first, last))
        if number is not None:
            self.wrap(first, last, f"if ({_NS}Mutated({number})) {match.group(1) or ''}Notify{other}(); else ", "")

    def negate_return(self, first, last):
        depth_free = self.find(first, last, set(_COMPARE) | {"true", "false", "&&", "||", "?"})
        if depth_free < last:
            return  # has mutants of its own
        number = self.new(first, "flip a result", self.short(first, last))
        if number is not None:
            self.wrap(first, last, f"({_NS}Mutated({number}) != static_cast<bool>(", "))", 1)

    def lock(self, first, last):
        match = re.fullmatch(r"std::lock_guard<(.*)> (\w+)\(([\w.]+)\);", " ".join(self.between(first, last).split()))
        if match is None:
            return
        number = self.new(first, "drop a lock", self.short(first, last))
        if number is not None:
            self.wraps = [w for w in self.wraps if not (self.tokens[first].start <= w[0] and w[1] <= self.tokens[last - 1].end)]
            for token in range(first, last):
                self.replaced[token] = ""
            kind, name, mutex = match.groups()
            self.replaced[first] = f"{_NS}MaybeLocked<{kind}> {name}({number}, const_cast<{kind}&>({mutex}));"

    def condition(self, statement, locked):
        kind = statement.kind
        if kind == "switch":
            return
        if kind == "do":
            at = statement.inside[0].last
        else:
            at = statement.first
            if self.tokens[at + 1].text == "constexpr":
                return
        opening = at + 1
        first, last = opening + 1, self.match[opening]
        if kind == "for":
            semicolon = self.find(first, last, {";"})
            if semicolon >= last:
                return  # over a range
            first, last = semicolon + 1, self.find(semicolon + 1, last, {";"})
            if first == last:
                return
        else:
            semicolon = self.find(first, last, {";"})
            if semicolon < last:
                first = semicolon + 1
        if self.find(first, last, {"="}) < last:
            return  # declares what it tests
        what = self.short(first, last)
        if kind == "if":
            skipped = "skip the re-check under the lock" if locked else "skip a check"
            passes = self.new(first, skipped, f"{what} → true")
            fails = self.new(first, skipped, f"{what} → false")
            negated = self.new(first, "negate a condition", what)
            if passes is not None:
                self.wrap(first, last, f"({_NS}Mutated({passes}) || (!{_NS}Mutated({fails}) && ({_NS}Mutated({negated}) != static_cast<bool>(", "))))", 1)
            return
        number = self.new(first, "do not repeat", what)
        if number is None:
            return
        if kind == "while":
            dropped = self.new(first, "do not repeat", f"{what}: not once")
            self.replaced[at] = "for"
            self.wrap(first, last, f"{_NS}Once o({number}); o.Go() && !{_NS}Mutated({dropped}) && static_cast<bool>(", ");", 1)
        else:
            self.wrap(first, last, f"(!{_NS}Mutated({number}) && static_cast<bool>(", "))", 1)

    # ---- operators and operands

    def operand(self, at, step, first, last, stops):
        """How far the operand of the operator at `at` goes, to the right (step 1) or left (-1)."""
        i = at + step
        while first <= i < last:
            token = self.tokens[i]
            if token.text in stops and (token.kind != "op" or token.spaced or token.text in (",", ";", ":", "?")):
                break
            if token.kind == "op" and token.text in ("&", "|", "^", "+", "-") and token.spaced and token.text in stops:
                break
            if token.text in _OPEN:
                if step < 0:
                    break
                i = self.match[i]
            elif token.text in _OPEN.values():
                # A block that ended before this expression is none of its operands; `T{}` is one.
                block = token.text == "}" and self.tokens[self.match[i] - 1].kind != "name"
                if step > 0 or block:
                    break
                i = self.match[i]
            i += step
        return i

    def is_constant(self, i):
        """Whether the statement that this token is part of declares a constant or is a label."""
        while i > 0 and self.tokens[i].text not in (";", "{", "}"):
            if self.tokens[i].text in ("constexpr", "case", "static_assert", "using"):
                return True
            i -= 1
        return False

    def operators_at(self, i, first, last):
        token = self.tokens[i]
        text = token.text
        if token.kind == "name":
            if text in ("true", "false"):
                number = self.new(i, "flip a bool", text)
                if number is not None:
                    self.replaced[i] = f"({_NS}Mutated({number}) ? {'false' if text == 'true' else 'true'} : {text})"
            elif text == "SIZE_MAX":
                number = self.new(i, "notify one for all", text)
                if number is not None:
                    self.replaced[i] = f"({_NS}Mutated({number}) ? 1 : {text})"
            elif text in ("fetch_add", "fetch_sub", "fetch_or", "fetch_and") and self.tokens[i + 1].text == "(":
                end = self.operand(i + 1, 1, first, last, {","})
                helper = {"fetch_or": "Dropped", "fetch_and": "AllOnes"}.get(text, "Inverse")
                number = self.new(i, "inverse operation" if helper == "Inverse" else "drop a bit", self.short(i + 2, end))
                if number is not None:
                    self.wrap(i + 2, end, f"{_NS}{helper}({number}, ", ")", 1)
            return
        if token.kind == "number":
            match = re.fullmatch(r"(\d+)([uUlLzZ]*)", text)
            if match is None or self.is_constant(i) or self.tokens[i - 1].text == "<":
                return
            other = 1 - int(match.group(1)) if int(match.group(1)) < 2 else int(match.group(1)) + 1
            number = self.new(i, "off by one", f"{text} → {other}")
            if number is not None:
                self.replaced[i] = f"({_NS}Mutated({number}) ? {other}{match.group(2)} : {text})"
            return
        if token.kind != "op" or not token.spaced or self.is_constant(i):
            if text != "?":
                return
        stops = _LOWER | {"&", "|", "^"}
        if text in _COMPARE:
            begin = self.operand(i, -1, first, last, stops) + 1
            end = self.operand(i, 1, first, last, stops)
            helper, other = _COMPARE[text]
            number = self.new(i, "off by one" if text in "<=>=" and text != "==" else "negate a comparison",
                              f"{self.short(begin, end)}: {text} → {other}")  # fmt: skip
            if number is not None:
                self.wrap(begin, end, f"{_NS}{helper}({number}, ", ")", 4)
                self.replaced[i] = ","
        elif text in ("&&", "||"):
            stops = {"&&", "||", "?", ":", ",", "return", ";"} | _ASSIGN
            for step in (-1, 1):
                edge = self.operand(i, step, first, last, stops)
                begin, end = (edge + 1, i) if step < 0 else (i + 1, edge)
                if step < 0 and self.tokens[edge].text == text:
                    continue  # done as the right operand of that one
                number = self.new(i, "skip a part of a check", self.short(begin, end))
                if number is not None:
                    head = f"({_NS}Mutated({number}) || " if text == "&&" else f"(!{_NS}Mutated({number}) && "
                    self.wrap(begin, end, head + "static_cast<bool>(", "))", 3)
        elif text == "?":
            begin = self.operand(i, -1, first, last, {"?", ":", ",", "return", ";"} | _ASSIGN) + 1
            yes = self.new(i, "skip a check", f"{self.short(begin, i)} → true")
            no = self.new(i, "skip a check", f"{self.short(begin, i)} → false")
            if yes is not None:
                self.wrap(begin, i, f"({_NS}Mutated({yes}) || (!{_NS}Mutated({no}) && static_cast<bool>(", ")))", 2)
        elif text in ("+", "-", "|", "&"):
            end = self.operand(i, 1, first, last, stops | {"+", "-"})
            if end == i + 2 and self.tokens[i + 1].kind == "number":
                return  # its own mutant
            number = self.new(i, "drop a bit" if text in "|&" else "drop an operand", f"{text} {self.short(i + 1, end)}")
            if number is not None:
                self.wrap(i + 1, end, f"{_NS}{'AllOnes' if text == '&' else 'Dropped'}({number}, ", ")", 5)


def schemata(name, text, first_number=1, excluded=frozenset()):
    """(the source with all its mutants, the mutants). Lines `excluded` are left alone."""
    source = _Source(name, text, first_number, excluded)
    source.scope(0, len(source.tokens))
    return source.render(), source.mutants
