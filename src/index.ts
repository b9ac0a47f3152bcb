export type { SearchRun } from './client/run.ts';
export { createSearch, type Search } from './client/search.ts';
export { openSearch, startEngine } from './client/start.ts';
export type { GivenSource, Source, SourceType } from './core/document.ts';
export { SearchError, type SearchErrorCode } from './core/errors.ts';
export type { GivenFilters } from './core/filters.ts';
export { defineFindlingSearch, FindlingSearch } from './element/findling-search.ts';
export type { SearchTexts } from './element/search-texts.ts';
export type {
  Answer,
  DocumentSummary,
  EngineStatus,
  FilterCounts,
  FusionOption,
  IndexProgress,
  IndexReport,
  OpenOptions,
  PipelineName,
  Result,
  SearchOptions,
  SkippedStage,
  Span,
  Tier,
} from './engine/types.ts';
export type { TransformersSpec } from './models/transformers-spec.ts';
export { POOLS } from './rerank/pools.ts';
