// A parameter of a scenario as a reader changes it, by its type: text with its bytes, choices, contents, a number.

import { useState } from 'preact/hooks';
import type { OfferedParameter } from '../../src/laboratory/change-questions.js';
import { bytesOfHex, bytesOfText, hexOfBytes, textOfBytes } from './text-bytes.js';

/** Props of a parameter. */
export interface FieldProps {
  readonly parameter: OfferedParameter;
  /** As `--set` takes it. */
  readonly value: string;
  readonly problem: string | undefined;
  readonly onValue: (value: string) => void;
}

const FEW = 4; // choices that are all shown

interface InputProps {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

const Choice = ({ parameter: { name, choices }, value, onValue, ...input }: FieldProps & InputProps) =>
  choices.length <= FEW && choices.includes(value) ? (
    <span class="lab-choices" role="radiogroup" aria-labelledby={`${input.id}-name`}>
      {choices.map((choice) => (
        <label key={choice}>
          <input type="radio" name={name} checked={choice === value} onChange={() => onValue(choice)} />
          <span>{choice}</span>
        </label>
      ))}
    </span>
  ) : (
    <select {...input} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      {[...(choices.includes(value) ? [] : [value]), ...choices].map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );

// The bytes as they are in memory. What is typed here stays as it is typed while it is being typed.
const TextBytes = ({ id, value, onValue }: Pick<FieldProps, 'value' | 'onValue'> & { id: string }) => {
  const [typed, setTyped] = useState<string>();
  const bytes = bytesOfText(value);
  const shown = typed ?? (bytes === undefined ? '' : hexOfBytes(bytes));
  return (
    <span class="lab-textbytes">
      <label for={`${id}-bytes`}>bytes</label>
      <input
        id={`${id}-bytes`}
        type="text"
        spellcheck={false}
        autocomplete="off"
        value={shown}
        aria-invalid={bytesOfHex(shown) === undefined}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const read = bytesOfHex(currentTarget.value);
          if (read !== undefined) onValue(textOfBytes(read));
        }}
        onBlur={() => setTyped(undefined)}
      />
      <output>{bytes === undefined ? '' : bytes.length}</output>
    </span>
  );
};

const Typed = ({
  parameter: { type, choices },
  value,
  onValue,
  ...input
}: Omit<FieldProps, 'problem'> & InputProps) => (
  <>
    <input
      {...input}
      type="text"
      value={value}
      autocomplete="off"
      spellcheck={false}
      inputMode={type === 'int32' ? 'numeric' : 'text'}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
    {type === 'contents' && (
      <span class="lab-presets">
        {choices.map((choice) => (
          <button type="button" key={choice} aria-pressed={choice === value} onClick={() => onValue(choice)}>
            {choice}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={/^[0-9a-f]+$/iu.test(value)}
          onClick={() => onValue('2e'.repeat(32))}
        >
          bytes
        </button>
      </span>
    )}
  </>
);

/** The parameter. */
export const Field = (props: FieldProps) => {
  const { parameter, value, problem, onValue } = props;
  const id = `lab-${parameter.name}`;
  const input: InputProps = {
    id,
    'aria-describedby': `${id}-help${problem === undefined ? '' : ` ${id}-problem`}`,
    'aria-invalid': problem !== undefined,
  };
  return (
    <div class={`lab-parameter lab-is-${parameter.type}`}>
      <label id={`${id}-name`} for={id}>
        {parameter.name}
      </label>
      {parameter.type === 'choice' ? <Choice {...props} {...input} /> : <Typed {...props} {...input} />}
      {parameter.type === 'text' && <TextBytes id={id} value={value} onValue={onValue} />}
      <p id={`${id}-help`} class="lab-help">
        {parameter.help}
      </p>
      {problem !== undefined && (
        <p id={`${id}-problem`} class="lab-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
};
