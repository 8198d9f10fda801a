"""The names of Keras's own layers and models, for files that name no module (Keras 2)."""

from __future__ import annotations

import re

_LISTED = """
Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention AugMix AutoContrast
Average BatchNormalization BatchNormalizationV1 BatchNormalizationV2 Bidirectional
CategoryEncoding CenterCrop Concatenate ContrastLimitedAdaptiveHistogramEqualization CutMix Dense
DenseFeatures DenseFeaturesV2 Discretization Dot Dropout ELU EinsumDense Embedding Equalization
Flatten FlaxLayer GaussianDropout GaussianNoise GroupNormalization GroupedQueryAttention
GroupQueryAttention HashedCrossing Hashing Identity InputLayer InputSpec IntegerLookup JaxLayer
Lambda Layer LayerNormalization LeakyReLU Masking MaxNumBoundingBoxes Maximum MelSpectrogram Merge
Minimum MixUp MultiHeadAttention Multiply Normalization PReLU Permute Pipeline PreprocessingLayer
RMSNormalization RNN RandAugment ReLU RepeatVector Rescaling Reshape Resizing ReversibleEmbedding
STFTSpectrogram SequenceFeatures Softmax Solarization SpectralNormalization StackedRNNCells
StringLookup Subtract SyncBatchNormalization TFSMLayer TextVectorization ThresholdedReLU
TimeDistributed TimeDistributedDense TorchModuleWrapper UnitNormalization Wrapper AbstractRNNCell
DeviceWrapper DropoutRNNCellMixin RandomFourierFeatures KernelizedDense Highway MaxoutDense SReLU
ParametricSoftplus ConvLSTM2DCell ConvRNN2D Sequential Functional Model Graph Container
LinearModel WideDeepModel Operation FeatureSpace TFOpLambda SlicingOpLambda TensorFlowOpLayer
ClassMethod InstanceMethod InstanceProperty AddLoss AddMetric AnnotatedTensor BaseLayer Network
Cropping
"""
_NAMES = frozenset(_LISTED.split())
_FAMILIES = re.compile(
    r"(?:(?:Global|Adaptive)?(?:Max|Average|Avg)Pool(?:ing)?[123]D"
    r"|(?:Depthwise|Separable|LocallyConnected|Locally|CuDNN)?Conv(?:olution)?(?:LSTM)?[123]D"
    r"(?:Transpose)?|(?:Atrous|De)[Cc]onvolution[123]D|LocallyConnected[123]D"
    r"|(?:Cropping|UpSampling|ZeroPadding|SpatialDropout)[123]D"
    r"|(?:CuDNN)?(?:LSTM|GRU|SimpleRNN)(?:Cell)?(?:V[12])?|Random[A-Z]\w*)"
)


def is_own(class_name: str) -> bool:
    """Return whether a class of this name is one of Keras's own layers or models."""
    return class_name in _NAMES or _FAMILIES.fullmatch(class_name) is not None
