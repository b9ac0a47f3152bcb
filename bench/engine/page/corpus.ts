/** What is measured: passages as an author's page has them, and questions whose source is known. */
export interface BenchCorpus {
  /** Where it comes from, for whoever reads the figures. */
  readonly about: string;
  readonly documents: readonly BenchDocument[];
  readonly questions: readonly BenchQuestion[];
}

export interface BenchDocument {
  readonly id: string;
  readonly title: string;
  readonly passages: readonly BenchPassage[];
}

export interface BenchPassage {
  readonly heading: readonly string[];
  readonly text: string;
}

export interface BenchQuestion {
  readonly text: string;
  /** Id of the passage that answers it. */
  readonly source: string;
}
