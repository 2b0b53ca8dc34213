/** A page's sentences: of paragraphs, items and cells, without headings, code and addresses. */
export function sentencesOf(markdown: string): string[] {
  const plain = markdown
    .replace(/^```[\s\S]*?^```/gm, '\n')
    .replace(/^(?:#|\|[\s|:-]+\|$).*$/gm, '\n')
    .replace(/`[^`]+`/g, 'code')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  const blocks = plain
    .replace(/^\s*(?:[-*]|\d+\.) /gm, '\n\n')
    .replace(/^\|(.+)\|$/gm, (_, cells: string) => `\n\n${cells.replaceAll(' | ', '\n\n')}\n\n`)
    .split(/\n\s*\n/);
  return blocks
    .flatMap((block) => block.replace(/\s+/g, ' ').split(/(?<=[.!?]["”)*]*) (?=[A-Z“"*(]|code)/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.includes(' '));
}

/** How many words a sentence has. */
export const wordsIn = (sentence: string): number => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length;
