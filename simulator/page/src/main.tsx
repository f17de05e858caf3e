import { render } from 'preact';
import { App } from './app';
import { Store } from './model/store';
import './style/base.css';
import './style/chat.css';
import './style/card.css';
import './style/inspector.css';
import './style/layout.css';
import { SettingsProvider } from './ui/settings';
import { connect } from './ui/watch';

const store = new Store();
connect(store);
const page = document.getElementById('page');
if (page) render(<SettingsProvider><App store={store} /></SettingsProvider>, page);
