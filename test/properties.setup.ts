import fc from 'fast-check';

// One seed where a run decides whether work lands, so that it never fails for what it did not change; anywhere else a new one
// each time, which is how property tests find things. A failure prints its seed.
if (process.env.CI) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_121 });
