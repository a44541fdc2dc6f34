// Bytes side by side: whose they are, what they were, what they became, and which register points there.

import type { PageStrip, PageStripField, PageStripPart } from '../../src/report/page-data.js';
import { type StripByte, type StripWord, byteLabel, wordsOf } from '../model/strip.js';

/** A register that points into the strip. */
export interface StripPointer {
  readonly register: string;
  readonly address: bigint;
}

const classOf = (byte: StripByte): string =>
  [
    'cellbyte',
    byte.life,
    byte.isDamaged ? 'damaged' : '',
    byte.isTouched ? 'touched' : '',
    byte.isChanged ? 'changed' : '',
  ]
    .filter((name) => name !== '')
    .join(' ');

const columns = (column: number, size: number) => ({ gridColumn: `${column + 1} / span ${size}` });

// What changed; of what is gone or new its value alone.
const Value = ({ field: { before, after }, isAll }: { field: PageStripField; isAll: boolean }) => {
  if (before !== '' && before !== after)
    return (
      <span class="fieldvalue">
        {before} <span aria-label="becomes">→</span> <b>{after}</b>
      </span>
    );
  return isAll || before === '' ? <span class="fieldvalue">{after}</span> : null;
};

// In each word, so that what is below stands in line.
const Pointers = ({ bytes, pointers }: { bytes: StripWord['bytes']; pointers: readonly StripPointer[] }) => {
  const here = pointers.flatMap(({ register, address }) => {
    const index = bytes.findIndex((byte) => byte.address === address);
    return index < 0 ? [] : [{ register, index }];
  });
  if (here.length === 0) return <span class="pointer" style={{ gridColumn: '1 / -1' }} />;
  return (
    <>
      {here.map(({ register, index }) => (
        <span key={register} class="pointer" style={{ gridColumn: `${index + 1} / -1` }}>
          ▲ {register}
        </span>
      ))}
    </>
  );
};

const Word = ({ word, pointers }: { word: StripWord; pointers: readonly StripPointer[] }) => {
  const { bytes, rows } = word;
  const hasBefore = bytes.some(({ isChanged }) => isChanged);
  const isStale = rows.some(({ owners }) => owners.some(({ of }) => of.life === 'freed'));
  return (
    <div class={hasBefore ? 'stripword altered' : 'stripword'} style={{ '--columns': bytes.length }}>
      {bytes.map((byte, index) => (
        <span key={index} class="was" style={columns(index, 1)} aria-hidden="true">
          {hasBefore && byte.isChanged ? byte.was : ''}
        </span>
      ))}
      {bytes.map((byte, index) => (
        <span
          key={index}
          class={classOf(byte)}
          style={columns(index, 1)}
          role="img"
          aria-label={byteLabel(byte)}
        >
          <b aria-hidden="true">{byte.is}</b>
          <i aria-hidden="true">{byte.character}</i>
        </span>
      ))}
      {pointers.length > 0 && <Pointers bytes={bytes} pointers={pointers} />}
      {rows.map(({ owners, fields }, row) => (
        <>
          {owners.map(({ of, column, size, goesOn }) => (
            <span key={`owner ${row} ${column}`} class={`owner ${of.life}`} style={columns(column, size)}>
              {goesOn ? (
                <span class="more">{of.name}</span>
              ) : (
                <>
                  <b>{of.life === 'slack' ? 'unused' : of.name === '' ? 'an object' : of.name}</b>
                  {of.life === 'freed' && <em> freed</em>}
                  {of.struct !== null && <small> struct {of.struct}</small>}
                </>
              )}
            </span>
          ))}
          {fields.map(({ of, column, size, goesOn }) => (
            <span key={`field ${row} ${column}`} class="field" style={columns(column, size)}>
              <span class="fieldname">{goesOn ? `${of.name}, the rest` : of.name}</span>
              {!goesOn && <Value field={of} isAll={isStale} />}
            </span>
          ))}
        </>
      ))}
    </div>
  );
};

const gapOf = (a: PageStripPart, b: PageStripPart): string =>
  String(BigInt(b.address) - BigInt(a.address) - BigInt(a.after.length / 2));

// Where the byte lies that the strip is about: the first one that is damaged, or that was touched.
const placeOf = (parts: readonly PageStripPart[]): string | undefined => {
  const found =
    parts.find(({ damaged }) => damaged.length > 0) ?? parts.find(({ touched }) => touched.length > 0);
  const offset = found?.damaged[0] ?? found?.touched[0];
  return found === undefined || offset === undefined
    ? undefined
    : `0x${(BigInt(found.address) + BigInt(offset)).toString(16)}`;
};

/** The strip. */
export const Strip = ({ strip, pointers = [] }: { strip: PageStrip; pointers?: readonly StripPointer[] }) => {
  const { parts } = strip;
  const count = parts.reduce((sum, { after }) => sum + after.length / 2, 0);
  const place = placeOf(parts);
  return (
    <>
      <div
        class="strip"
        role="group"
        aria-label="The bytes"
        style={{ '--bytes': count + (parts.length - 1) * 2 }}
      >
        {parts.map((part, index) => (
          <>
            {index > 0 && (
              <span key={`gap ${part.address}`} class="gap">
                {gapOf(parts[index - 1]!, part)} bytes
              </span>
            )}
            {wordsOf(part).map((word, number) => (
              <Word key={`${part.address} ${number}`} word={word} pointers={pointers} />
            ))}
          </>
        ))}
      </div>
      {place !== undefined && (
        <p class="stripplace">
          the marked byte is at <code>{place}</code>
        </p>
      )}
    </>
  );
};
