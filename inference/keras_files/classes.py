"""The names that a model file may use: Keras's own layers and what layers are made of.

Whatever is not listed is not built. A few of Keras's own layers are left out on purpose; they
run code, read files or call other programs (`DANGEROUS`).
"""

from __future__ import annotations

from typing import Final

from inference.keras_files.words import words

MODELS: Final = frozenset({"Sequential", "Functional", "Model"})

DANGEROUS: Final = {
    "Lambda": "it carries program code",
    "__lambda__": "it carries program code",
    "TFSMLayer": "it runs another file",
    "JaxLayer": "it carries program code",
    "FlaxLayer": "it carries program code",
    "TorchModuleWrapper": "it carries a pickle",
    "ClassMethod": "it calls a method by name",
    "InstanceMethod": "it calls a method by name",
    "InstanceProperty": "it reads a property by name",
    "PyFunc": "it carries program code",
    "__typespec__": "it imports a class by name",
}
"""Class names that are refused as hostile, with the reason."""

GONE: Final = words("AutoEncoder Graph LambdaMerge Siamese")
"""Ways of putting layers together that Keras dropped with versions 1 and 2."""

READS_FILES: Final = frozenset({"StringLookup", "IntegerLookup", "TextVectorization"})
"""Layers whose `vocabulary` may be a path; with a list in its place they are harmless."""

_COMMON = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average
    AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D
    BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose
    Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Convolution1D
    Convolution1DTranspose Convolution2D Convolution2DTranspose Convolution3D Convolution3DTranspose
    Cropping1D Cropping2D Cropping3D CustomScaleLayer Dense DepthwiseConv1D DepthwiseConv2D
    Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell GaussianDropout
    GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization HashedCrossing
    Hashing Identity InputLayer InputSpec IntegerLookup LSTM LSTMCell LayerNormalization LayerScale
    LeakyReLU Masking MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D Maximum
    Minimum MultiHeadAttention Multiply Normalization PReLU Permute RNN RandomBrightness
    RandomContrast RandomCrop RandomFlip RandomRotation RandomTranslation RandomZoom ReLU
    RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D SeparableConvolution1D
    SeparableConvolution2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D SpectralNormalization StackedRNNCells StringLookup Subtract TextVectorization
    TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D
"""
_KERAS_3 = """
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D
    AdaptiveMaxPooling2D AdaptiveMaxPooling3D AugMix AutoContrast
    ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization GroupQueryAttention
    MaxNumBoundingBoxes MelSpectrogram MixUp Pipeline RMSNormalization RandAugment
    RandomColorDegeneration RandomColorJitter RandomElasticTransform RandomErasing
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
    RandomSaturation RandomSharpness RandomShear ReversibleEmbedding STFTSpectrogram Solarization
"""
_KERAS_2 = """
    BatchNormalizationV1 BatchNormalizationV2 CuDNNGRU CuDNNLSTM DenseFeatures GRUV2 LSTMV2
    LocallyConnected1D LocallyConnected2D RandomHeight RandomWidth SlicingOpLambda StochasticDepth
    SyncBatchNormalization TFOpLambda TensorFlowOpLayer ThresholdedReLU TruncatedNormalV2
"""
# Of packages that many used with Keras 2, where a class does what one of Keras's own does.
_TWINS = """
    FixedDropout
"""
_KERAS_1 = """
    AtrousConv1D AtrousConv2D AtrousConvolution1D AtrousConvolution2D Deconvolution2D
    Deconvolution3D Highway MaxoutDense Merge ParametricSoftplus SReLU TimeDistributedDense
"""

LAYERS: Final = words(f"{_COMMON} {_KERAS_3} {_KERAS_2} {_TWINS} {_KERAS_1}") | MODELS

PARTS: Final = words(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer
    LecunNormal LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT
    STFTInitializer TruncatedNormal VarianceScaling Zeros
    glorot_normal glorot_uniform he_normal he_uniform lecun_normal lecun_uniform ones orthogonal
    zeros
    ActivityRegularizer L1 L1L2 L2 OrthogonalRegularizer WeightRegularizer
    MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm
    DynamicLossScale FixedLossScale Float8DTypePolicy Int4DTypePolicy Int8DTypePolicy
    QuantizedDTypePolicy SeedGenerator
    QuantizedFloat8DTypePolicy DTypePolicy DTypePolicyMap FloatDTypePolicy Policy PolicyV1
    MirrorPadWrapper TensorShape __ellipsis__ __keras_tensor__ __numpy__ __slice__
    __tensor__ __tuple__ function slice
    """
)
"""Initialisers, regularisers, constraints, dtype policies and Keras's marks for plain values."""

ACTIVATIONS: Final = words(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh
    leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax
    softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink
    threshold
    LeakyReLU ReLU Softmax
    """
)
