// SPDX-License-Identifier: Apache-2.0
// What jsroot reads: one JSON line for each column of a tree, as compare.py wants it.
//
// usage: node jsroot_stats.mjs JSROOT_FOLDER FILE TREE
import { pathToFileURL } from 'node:url';

const [folder, path, name] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(`${folder}/modules/${module}.mjs`));
const { openFile } = await load('io');
const { TSelector, treeProcess } = await load('tree');

const add = (row, value) => {
    if (typeof value === 'object') {
        value.forEach((item) => add(row, item));
        return;
    }
    row.values++;
    if (typeof value === 'string')
        return;
    const number = Number(value);
    row.sum = (row.sum ?? 0) + number;
    row.min = Math.min(row.min ?? number, number);
    row.max = Math.max(row.max ?? number, number);
};

const tree = await (await openFile(path)).readObject(name);
const selector = new TSelector();
const rows = tree.fBranches.arr.map((branch, i) => {
    selector.addBranch(branch, `${i}`); // a name with a dot would be a path
    return { column: branch.fName, entries: 0, values: 0 };
});
selector.Process = function() {
    for (const [i, row] of rows.entries()) {
        const value = this.tgtobj[i];
        row.entries++;
        add(row, value);
    }
};
selector.Terminate = () => rows.forEach((row) => console.log(JSON.stringify(row)));
await treeProcess(tree, selector);
