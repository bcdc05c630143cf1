"""A rule of the repository, with the examples that prove that it can fail."""

RULES = []


def rule(claim, bad, good=()):
    """Registers a function from a tree to a list of complaints.

    claim: what holds if there is no complaint.
    bad:   trees (path → text) that must each raise a complaint. A rule that cannot fail is worthless.
    good:  trees that must raise none: what the rule must not mistake for a breach.
    """
    assert bad, f"no example breaks the rule: {claim}"

    def register(check):
        RULES.append((claim, check, bad, good))
        return check

    return register
