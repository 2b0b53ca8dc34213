import { leastLetters } from '#lib/search-text';

/** Said instead of searching for less than an index can find. */
export function SearchBegins() {
  return (
    <span>
      Search begins at {leastLetters === 3 ? 'three' : leastLetters} letters or digits. The list below is not searched.
    </span>
  );
}
