// The form for a scenario's parameters, with a slider for the length of its path.

import type { OfferedParameter, OfferedPath } from '../../src/laboratory/change-questions.js';
import type { Refusal } from '../../src/laboratory/questions.js';
import { Field } from './field.js';

const SLIDER_END = 40; // bytes; a text that is typed may be longer

/** Props of the form. */
export interface ParametersProps {
  readonly parameters: readonly OfferedParameter[];
  readonly path: OfferedPath | null;
  /** What the reader has written. */
  readonly values: Readonly<Record<string, string>>;
  readonly length: number;
  readonly problem: Refusal | undefined;
  readonly onValue: (name: string, value: string) => void;
  readonly onLength: (length: number) => void;
}

/** The form. */
export const Parameters = (props: ParametersProps) => {
  const { parameters, path, values, length, problem, onValue, onLength } = props;
  return (
    <form class="lab-form" onSubmit={(event) => event.preventDefault()}>
      {path !== null && (
        <div class="lab-parameter lab-length">
          <label for="lab-length">bytes of path</label>
          <span class="lab-slider">
            <input
              id="lab-length"
              type="range"
              min={path.shortest}
              max={Math.max(Math.min(SLIDER_END, path.longest), length)}
              value={Math.max(path.shortest, length)}
              aria-valuetext={`${length} bytes`}
              aria-describedby="lab-length-help"
              onInput={(event) => onLength(Number(event.currentTarget.value))}
            />
            <output for="lab-length">{length}</output>
          </span>
          <p id="lab-length-help" class="lab-help">
            {path.texts.join(' and ')}, cut or stretched
          </p>
        </div>
      )}
      {parameters.map((parameter) => (
        <Field
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? parameter.value}
          problem={problem?.field === parameter.name ? problem.message : undefined}
          onValue={(value) => onValue(parameter.name, value)}
        />
      ))}
    </form>
  );
};
