// The elements of cards that show something or hold others. Those that are used are in `inputs.tsx`.

import { createContext, type FunctionComponent } from 'preact';
import { useContext, useRef, useState } from 'preact/hooks';
import { useSettings, useText } from '../ui/settings';
import { FormContext, useCard, type FormScope } from './context';
import { Button, Checker, DatePicker, Input, Overflow, PersonSelect, Select } from './inputs';
import { object, objects, string, type Json } from './json';
import { actionOf, behaviourOf, isMarkdown, textOf } from './model';
import { At, colourName, Markdown, Picture } from './rich';

export interface ElementProps {
  element: Json;
}

const ELEMENTS: Record<string, FunctionComponent<ElementProps>> = {
  div: Div,
  markdown: MarkdownElement,
  plain_text: Text,
  lark_md: Text,
  hr: () => <hr />,
  img: Image,
  note: Note,
  column_set: ColumnSet,
  column: Group,
  action: Actions,
  form: Form,
  collapsible_panel: Panel,
  interactive_container: Container,
  table: Table,
  person: PersonElement,
  person_list: PersonList,
  standard_icon: Icon,
  custom_icon: Icon,
  button: Button,
  select_static: Select,
  multi_select_static: Select,
  select_person: PersonSelect,
  multi_select_person: PersonSelect,
  overflow: Overflow,
  date_picker: DatePicker,
  picker_time: DatePicker,
  picker_datetime: DatePicker,
  time_picker: DatePicker,
  datetime_picker: DatePicker,
  input: Input,
  checker: Checker,
};

/** Cards nest five levels; who nests more is stopped here. */
const DEEPEST = 12;

const Depth = createContext(0);

export function Elements({ elements }: { elements: Json[] }) {
  const depth = useContext(Depth);
  if (depth > DEEPEST) return <span class="missing">…</span>;
  return (
    <Depth.Provider value={depth + 1}>
      {elements.map((element, key) => <Element key={string(element.element_id) ?? key} element={element} />)}
    </Depth.Provider>
  );
}

export function Element({ element }: ElementProps) {
  const tag = string(element.tag) ?? '';
  const Known = Object.hasOwn(ELEMENTS, tag) ? ELEMENTS[tag] : undefined;
  return Known ? <Known element={element} /> : <Unsupported element={element} />;
}

/** A text object, or a string. */
export function TextObject({ text }: { text: unknown }) {
  const { language } = useSettings();
  const content = textOf(text, language) ?? '';
  return isMarkdown(text) ? <Markdown text={content} /> : <span class="plain">{content}</span>;
}

function Text({ element }: ElementProps) {
  return <TextObject text={element} />;
}

function MarkdownElement({ element }: ElementProps) {
  const { language } = useSettings();
  const align = string(element.text_align);
  const side = align === 'center' || align === 'right' ? align : 'left';
  return <div class={`align-${side}`}><Markdown text={textOf(element, language) ?? ''} /></div>;
}

function Div({ element }: ElementProps) {
  const fields = objects(element.fields);
  const extra = object(element.extra);
  return (
    <div class="card-div">
      <div>
        {element.text !== undefined && <TextObject text={element.text} />}
        {fields.length > 0 && (
          <div class="fields">
            {fields.map((field, key) => <div key={key} class={field.is_short ? 'short' : ''}><TextObject text={field.text} /></div>)}
          </div>
        )}
      </div>
      {extra && <div class="extra"><Element element={extra} /></div>}
    </div>
  );
}

function Image({ element }: ElementProps) {
  const { language } = useSettings();
  const alt = textOf(element.alt, language) ?? '';
  const title = textOf(element.title, language);
  return (
    <figure>
      {title && <figcaption>{title}</figcaption>}
      <Picture source={string(element.img_key) ?? ''} alt={alt} />
    </figure>
  );
}

function Note({ element }: ElementProps) {
  return <div class="note"><Elements elements={objects(element.elements)} /></div>;
}

function ColumnSet({ element }: ElementProps) {
  const columns = objects(element.columns);
  return (
    <div class={`columns ${string(element.background_style) === 'grey' ? 'shade' : ''}`}>
      {columns.map((column, key) => {
        const weight = Math.min(5, Math.max(1, Number(column.weight) || 1));
        const grows = string(column.width) === 'weighted' || column.weight !== undefined;
        return (
          <div key={key} class="column" style={{ flex: grows ? `${weight} 1 0` : '0 1 auto' }}>
            <Elements elements={objects(column.elements)} />
          </div>
        );
      })}
    </div>
  );
}

function Group({ element }: ElementProps) {
  return <div class="column"><Elements elements={objects(element.elements)} /></div>;
}

function Actions({ element }: ElementProps) {
  return <div class="actions"><Elements elements={objects(element.actions)} /></div>;
}

function Form({ element }: ElementProps) {
  const card = useCard();
  const box = useRef<HTMLFormElement>(null);
  const values = useRef(new Map<string, unknown>());
  // A new number makes new inputs, with their first values.
  const [turn, setTurn] = useState(0);
  const name = string(element.name);
  const scope: FormScope = {
    name,
    values: values.current,
    async submit(button, what) {
      if (box.current && !box.current.reportValidity()) return;
      await card.act(button, actionOf(button, { tag: 'button', form_value: Object.fromEntries(values.current) }), what);
    },
    reset() {
      values.current.clear();
      setTurn(turn + 1);
    },
  };
  return (
    <FormContext.Provider value={scope}>
      <form class="card-form" ref={box} key={turn} aria-label={name ?? 'form'} onSubmit={(event) => event.preventDefault()}>
        <Elements elements={objects(element.elements)} />
      </form>
    </FormContext.Provider>
  );
}

function Panel({ element }: ElementProps) {
  const header = object(element.header);
  return (
    <details class="panel" open={element.expanded === true}>
      <summary><TextObject text={header?.title ?? ''} /></summary>
      <div class="panel-body"><Elements elements={objects(element.elements)} /></div>
    </details>
  );
}

function Container({ element }: ElementProps) {
  const card = useCard();
  const t = useText();
  const { callback, link } = behaviourOf(element);
  const inside = <Elements elements={objects(element.elements)} />;
  const use = () => {
    if (link) window.open(link, '_blank', 'noopener,noreferrer');
    if (callback) void card.act(element, actionOf(element, {}), t('container'));
  };
  if (!card.enabled || (!callback && !link)) return <div class="container">{inside}</div>;
  return (
    <div
      class="container live"
      role="group"
      tabIndex={0}
      onClick={(event) => !(event.target as Element).closest('button, a, input, select, textarea, summary') && use()}
      onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && use()}
    >
      {inside}
    </div>
  );
}

function Table({ element }: ElementProps) {
  const { language } = useSettings();
  const columns = objects(element.columns).map((column) => ({
    name: string(column.name) ?? '',
    title: textOf(column.display_name, language) ?? string(column.name) ?? '',
    markdown: column.data_type === 'lark_md' || column.data_type === 'markdown',
  }));
  return (
    <div class="table-frame" role="region" tabIndex={0} aria-label="table">
      <table>
        <thead><tr>{columns.map(({ name, title }) => <th key={name}>{title}</th>)}</tr></thead>
        <tbody>
          {objects(element.rows).map((row, key) => (
            <tr key={key}>
              {columns.map(({ name, markdown }) => {
                const cell = row[name];
                const options = objects(cell);
                if (options.length > 0) {
                  return <td key={name}>{options.map((option, at) => <span key={at} class={`tag paint-${colourName(string(option.color) ?? '')}`}>{textOf(option, language)}</span>)}</td>;
                }
                const text = typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell ?? '');
                return <td key={name}>{markdown ? <Markdown text={text} /> : text}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PersonElement({ element }: ElementProps) {
  return <At id={string(element.user_id) ?? string(element.id) ?? '?'} />;
}

function PersonList({ element }: ElementProps) {
  return <div class="actions">{objects(element.persons).map((person, key) => <PersonElement key={key} element={person} />)}</div>;
}

function Icon({ element }: ElementProps) {
  return <span class="icon" role="img" aria-label={string(element.token) ?? 'icon'}>◆</span>;
}

/** What this page cannot draw is named, with all that it says. */
function Unsupported({ element }: ElementProps) {
  const t = useText();
  return (
    <details class="unsupported">
      <summary>{t('unsupported')} <code>{string(element.tag) ?? '?'}</code></summary>
      <pre tabIndex={0}>{JSON.stringify(element, null, 2)}</pre>
    </details>
  );
}
