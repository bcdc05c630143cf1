#!/usr/bin/env python3
"""Turns the corpus (JSON lines, made with real Node 20.20.2) into the tables of this folder.

usage: make_tables.py GOLDEN.jsonl HOSTILE.jsonl
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def compact(tree):
    return json.dumps(tree, separators=(',', ':'), ensure_ascii=True)


def rows(path):
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines]


def write(name, table):
    with open(os.path.join(HERE, name), 'w', encoding='utf-8') as out:
        for row in table:
            assert not any('\t' in cell or '\n' in cell for cell in row), row
            out.write('\t'.join(row) + '\n')


golden = []
for case in rows(sys.argv[1]):
    flags = [flag for flag in ('host', 'noHeader', 'readError', 'legacy_expect') if case.get(flag)]
    if case['writer'] == 'ipc-frame':
        flags.append('ipc')
    if case.get('readable') is False:
        flags.append('unreadable')
    if case.get('roundtrip'):
        flags.append('roundtrip')
    shared = ';'.join(f'{i}:{h}' for i, h in case.get('setup', {}).get('shared', {}).items())
    transfer = ';'.join(f'{i}:{h}' for i, h in case.get('setup', {}).get('transfer', {}).items())
    canon = compact(case['canon']) if 'canon' in case else '-'
    golden.append([case['name'], ','.join(flags) or '-', shared or '-', transfer or '-',
                   case['hex'], canon])
write('golden.tsv', golden)

# What made them, for Nodes of other versions: name, writer, versions that read it otherwise, expression.
writers = {'v8.serialize': 'v8', 'v8.Serializer': 'raw', 'ipc-frame': 'ipc'}
write('golden_js.tsv', [
    [case['name'], writers[case['writer']], ','.join(case.get('other_readers', {})) or '-', case['js']]
    for case in rows(sys.argv[1]) if case['writer'] in writers and case.get('readable', True)])

hostile = []
for case in rows(sys.argv[2]):
    whole = len(case['hex']) == 2 * case['len']
    later = any(v.startswith('R') for v in case.get('other_nodes', {}).values())
    canon = compact(case['canon']) if isinstance(case.get('canon'), dict) else '-'
    hostile.append([case['name'], 'host' if case.get('host') or case['name'].startswith('host:') else '-',
                    case['result'], 'later-returns' if later else '-',
                    case['hex'] if whole else '-', canon])
write('hostile.tsv', hostile)
