// SPDX-License-Identifier: Apache-2.0
// jsroot reads the objects that beamline_writes_clones.py wrote; every member of each must be the
// one that was written.
//
// usage: node jsroot_reads_clones.mjs JSROOT_FOLDER FILE EXPECTED
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, path, expected] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(`${folder}/modules/${module}.mjs`));
const { openFile } = await load('io');
const { TSelector, treeProcess } = await load('tree');

// jsroot 7.11 misreads negative int64 whose lower half is small.
const misread = new Set(['Thing.m_int64']);

// A selector fills the same objects again for each entry.
const copy = (value) =>
    JSON.parse(JSON.stringify(value, (key, item) => typeof item === 'bigint' ? Number(item) : item));

const tree = await (await openFile(path)).readObject('Events');
const members = readFileSync(expected, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    .filter((row) => row.branch.includes('.') && !misread.has(row.branch));
const wrong = [];
for (const branch of tree.fBranches.arr) {
    const found = [], selector = new TSelector();
    selector.addBranch(branch, 'it');
    selector.Process = function() { found.push(copy(this.tgtobj.it)); };
    await treeProcess(tree, selector);
    for (const { branch: name, values } of members) {
        const [array, member] = name.split('.');
        if (array !== branch.fName)
            continue;
        const theirs = found.map((row) => row.map((item) => item[member]));
        if (JSON.stringify(theirs) !== JSON.stringify(values))
            wrong.push(`${name} differs`);
    }
}
wrong.forEach((text) => console.log(text));
console.log(`${members.length - wrong.length} of ${members.length} members agree`);
process.exit(wrong.length || !members.length ? 1 : 0);
