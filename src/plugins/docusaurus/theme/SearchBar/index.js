// Stands in for the theme's SearchBar. Compiled by the site's own Docusaurus.
import { useHistory } from '@docusaurus/router';
import useBaseUrl from '@docusaurus/useBaseUrl';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import { createElement, useEffect, useRef } from 'react';
import './styles.css';

export default function SearchBar() {
  const { i18n } = useDocusaurusContext();
  const history = useHistory();
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    const go = (event) => {
      event.preventDefault();
      history.push(event.detail.href);
    };
    import('findling/search-dialog');
    element.addEventListener('findling-open', go);
    return () => element.removeEventListener('findling-open', go);
  }, [history]);
  return createElement('findling-search-dialog', {
    ref: dialog,
    index: `${useBaseUrl('/findling/')}{lang}/`,
    lang: i18n.localeConfigs[i18n.currentLocale].htmlLang,
  });
}
