/** Scripts in the markup of a page. Each carries the nonce of its answer. */
export interface InlineScript {
  name: string;
  /** How its text begins. */
  begins: readonly string[];
  reason: string;
}

/** Every inline script that a page may have. They differ from answer to answer, so none has a hash. */
export const inlineScripts: readonly InlineScript[] = [
  {
    name: 'start',
    begins: ['(globalThis["TURBOPACK"]'],
    reason: 'Names the scripts that the page waits for before it starts.',
  },
  {
    name: 'page data',
    begins: ['(self.__next_f=self.__next_f||[]).push(', 'self.__next_f.push('],
    reason: 'The content of the page once more, as data, so that React takes over the markup.',
  },
  {
    name: 'late parts',
    begins: ['requestAnimationFrame(function(){$RT=', '$RB', '$RC', '$RM', '$RR', '$RS', '$RT', '$RV', '$RX'],
    reason: 'Moves parts of the page that came later to their place.',
  },
  {
    name: 'early forms',
    begins: ['addEventListener("submit",function(', '$$reactFormReplay'],
    reason: 'Keeps a form that a person sent before React was ready, and sends it then.',
  },
];

/** The inline script that a text is one of. */
export const inlineScriptOf = (text: string): InlineScript | undefined =>
  inlineScripts.find(({ begins }) => begins.some((beginning) => text.startsWith(beginning)));
