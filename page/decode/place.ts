// Which report is shown, in the address, so that back and forward work: `#report=2`. Nothing of the text is in it.

import { useEffect, useState } from 'preact/hooks';

const read = (): number => Number(/^#report=([1-9]\d{0,5})$/u.exec(location.hash)?.[1] ?? 0);

/** Where the reader is: the number of a report, from 1; 0 at the start. */
export interface Place {
  readonly number: number;
  go(number: number): void;
}

/** The place, and a way to others. */
export const usePlace = (): Place => {
  const [number, setNumber] = useState(read);
  useEffect(() => {
    const onChange = (): void => setNumber(read());
    onChange(); // a link that was followed before this listens
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);
  return {
    number,
    go: (next) => {
      location.hash = next === 0 ? '' : `report=${next}`;
      setNumber(next);
    },
  };
};
