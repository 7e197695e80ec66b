import DefaultTheme from 'vitepress/theme';
import { h } from 'vue';
import Diagram from './Diagram.vue';
import { Picture } from './picture.mjs';
import './style.css';

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'home-hero-after': () => h(Picture) }),
  enhanceApp: ({ app }) => {
    app.component('Diagram', Diagram);
  },
};
