// SPDX-License-Identifier: Apache-2.0
// jsroot reads what beamline_writes.py wrote; every value must be the one that was written.
//
// usage: node jsroot_reads_ours.mjs JSROOT_FOLDER FILE EXPECTED
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, path, expected] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(`${folder}/modules/${module}.mjs`));
const { openFile } = await load('io');
const { TSelector, treeProcess } = await load('tree');

// jsroot 7.11 misreads negative int64 whose lower half is small.
const misread = new Set(['int64', 'jagged_int64']);

const plain = (value) => {
    if (typeof value === 'string') // jsroot makes a character of each byte
        return Buffer.from(value, 'latin1').toString('utf8');
    if (typeof value === 'bigint')
        return Number(value);
    if (value !== null && typeof value === 'object')
        return Array.from(value, plain);
    return typeof value === 'boolean' ? Number(value) : value;
};

// As `plain`, of what is expected.
const numbers = (value) =>
    Array.isArray(value) ? value.map(numbers) : typeof value === 'boolean' ? Number(value) : value;

// Python's json has numbers that JSON has not, and whole numbers that a double has not.
const parse = (line) =>
    JSON.parse(line.replace(/-?Infinity/g, (text) => (text[0] === '-' ? '-1e999' : '1e999')));

const tree = await (await openFile(path)).readObject('Events');
const wanted = new Map();
for (const line of readFileSync(expected, 'utf8').split('\n')) {
    const row = line ? parse(line) : null;
    if (row && !misread.has(row.branch) && tree.fBranches.arr.some((branch) => branch.fName === row.branch))
        wanted.set(row.branch, row.values);
}

const wrong = [];
for (const branch of tree.fBranches.arr) {
    const values = wanted.get(branch.fName);
    if (!values)
        continue;
    const found = [];
    const selector = new TSelector();
    selector.addBranch(branch, 'it');
    selector.Process = function() { found.push(plain(this.tgtobj.it)); };
    try {
        await treeProcess(tree, selector);
    } catch (error) {
        wrong.push(`${branch.fName}: ${error.message}`);
        continue;
    }
    const flat = (value) => JSON.stringify(value).replace(/[[\]]/g, '');
    const at = values.map(numbers).findIndex((value, i) => flat(value) !== flat(found[i] ?? null));
    if (at >= 0)
        wrong.push(`${branch.fName}: entry ${at}: ${JSON.stringify(values[at])} is ` +
                   `${JSON.stringify(found[at])}`.slice(0, 300));
}
wrong.forEach((text) => console.log(text));
console.log(`${wanted.size - wrong.length} of ${wanted.size} branches agree`);
process.exitCode = wrong.length || !wanted.size ? 1 : 0;
