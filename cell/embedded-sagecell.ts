/**
 * The script that pages written for SageMathCell load: `window.sagecell` at once, cells when the page is there; next: sagecell/make-cell.ts.
 *
 * A classic script, because such pages call `sagecell.makeSagecell` in the next line. What needs an editor, formulas or frames comes
 * later, as modules from where this script came.
 */
import jQuery from "jquery";
import { deleteCell, makeCells, moveInputForm, restoreInputForm } from "./sagecell/make-cell.ts";
import { allLanguages, modes, templates } from "./sagecell/options.ts";
import { type Sagecell, sagecell } from "./sagecell/page.ts";

declare global {
  interface Window {
    sagecell?: Sagecell;
    singlecell?: Sagecell;
    jQuery?: unknown;
    $?: unknown;
  }
}

// Two of it on one page: the first one stays, with the cells that it made.
if (!window.sagecell?.makeSagecell) {
  const script = document.currentScript as HTMLScriptElement | null;
  Object.assign(sagecell, {
    home: new URL("..", script?.src ?? document.baseURI).href,
    templates,
    allLanguages,
    modes,
    makeSagecell: makeCells,
    makeSinglecell: makeCells,
    deleteSagecell: deleteCell,
    moveInputForm,
    restoreInputForm,
    init: (done?: () => void) => void done?.(),
  });
  // What a page set before this came, its server's address for instance.
  Object.assign(sagecell, window.sagecell ?? {});
  window.sagecell = sagecell;
  window.singlecell = sagecell;
  window.jQuery ??= jQuery;
  window.$ ??= jQuery;
}
