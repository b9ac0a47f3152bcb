import { serve } from '../src/client/glue.ts';
import { SearchError } from '../src/core/errors.ts';
import { createModelHost } from '../src/models/host.ts';
import { loadRuntime } from '../src/models/runtime.ts';
import { RUNTIME_FILES } from '../src/models/runtime-files.ts';
import { httpStore } from '../src/store/http.ts';

// Owns ONNX Runtime. Disposable: whatever fails here, the owner ends this worker and starts another.
serve(() =>
  createModelHost({
    openStore: (url) => httpStore(url),
    loadRuntime(device) {
      if (device === 'node') return Promise.reject(new SearchError('unsupported', 'There is no Node in a browser.'));
      return loadRuntime({ device, files: RUNTIME_FILES[device] });
    },
  }),
);
