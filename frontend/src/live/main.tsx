// Start of the live page.

import { render } from 'preact';
import { followTheme } from '../review/state/settings';
import { byId } from '../shared/dom';
import { LivePage } from './LivePage';
import { listen } from './feed';
import './live.css';

followTheme();
listen();
render(<LivePage />, byId('app'));
