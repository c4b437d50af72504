// Start of the review tool.

import { render } from 'preact';
import { byId } from '../shared/dom';
import { followTheme } from './state/settings';
import { App } from './ui/App';
import { releaseClickedButtons } from './ui/focus';
import './app.css';

followTheme();
releaseClickedButtons();
render(<App />, byId('app'));
