"""The distributions the demo is drawn from: none of these was published, all of them are invented.

Shares need not add up to one; they are scaled when drawn.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Street:
    """How big a street is and how it works.

    `entities`, `appeals`: share of the district. `same_day`: appeals answered the day they arrive.
    `late`: closed appeals that missed their deadline. `pace`: factor on the days an appeal takes.
    """

    entities: float
    appeals: float
    same_day: float
    late: float
    pace: float


STREETS = {
    "南园街道": Street(0.085, 0.080, 0.93, 0.035, 1.00),
    "园岭街道": Street(0.065, 0.065, 0.93, 0.030, 1.00),
    "福田街道": Street(0.175, 0.165, 0.94, 0.035, 1.00),
    "沙头街道": Street(0.165, 0.160, 0.93, 0.035, 1.00),
    "香蜜湖街道": Street(0.060, 0.075, 0.985, 0.005, 0.60),
    "梅林街道": Street(0.105, 0.105, 0.82, 0.130, 1.55),
    "莲花街道": Street(0.085, 0.080, 0.94, 0.030, 1.00),
    "华富街道": Street(0.020, 0.025, 0.93, 0.035, 1.00),
    "福保街道": Street(0.055, 0.095, 0.95, 0.030, 0.95),
    "华强北街道": Street(0.185, 0.150, 0.94, 0.035, 0.95),
}
"""香蜜湖 is the fast street, 梅林 the slow one; 华富 is small enough to test small numbers."""

COMMUNITY_SPREAD = 0.45
"""Sigma of the lognormal weights of the communities of one street."""

PARK_ENTITIES = {"专业市场": 3200, "商圈": 1700, "产业园": 1100, "楼宇": 700}
"""Median count of entities of a park by its kind (lognormal, sigma 0.35)."""
PARK_LIMIT = 0.55
"""No more than this share of a community's entities are in its parks."""
IN_CLUSTERS = 0.75
"""Share of the other entities that gather round a few centres of their community."""

HETAO_AREA = "河套"
HETAO_APPEALS = {"福保街道": 0.52, "福田街道": 0.16}
"""Share of a street's appeals that come from its parks in 河套."""
PARK_APPEALS = 0.32
"""Share of the other appeals that come from a park."""


@dataclass(frozen=True)
class Category:
    """A kind of appeal: its path, share, extra weight in 河套 or 华强北, unit, and texts."""

    path: str
    share: float
    unit: str
    title: str
    content: str
    hetao: float = 1.0
    huaqiangbei: float = 1.0

    @property
    def is_consultation(self) -> bool:
        return self.path.startswith("政策咨询")


# fmt: off
CATEGORIES = (
    Category("融资->融资难融资贵", 6.0, "区金融工作局", "企业反映融资难、融资贵",
             "{firm}反映缺少抵押物，银行授信额度低、综合成本偏高，希望对接低息贷款产品。", 6.0, 0.8),
    Category("融资->贷款续贷", 3.0, "区金融工作局", "贷款到期续贷困难",
             "{firm}流动资金贷款将到期，希望协调银行办理无还本续贷。", 1.2),
    Category("融资->知识产权质押", 1.6, "区金融工作局", "咨询知识产权质押融资",
             "{firm}持有多项专利，希望了解质押融资和证券化产品的申请条件。", 3.0),
    Category("用工->招聘困难", 6.0, "区人力资源局", "招聘一线员工困难",
             "{firm}订单增加后缺少熟练员工，希望参加街道组织的招聘会。"),
    Category("用工->人才住房", 4.0, "区住房和建设局", "申请人才住房名额",
             "{firm}希望为技术骨干申请人才住房，咨询配租批次和条件。", 2.0),
    Category("用工->社保补贴", 3.0, "区人力资源局", "咨询稳岗返还和社保补贴",
             "{firm}咨询稳岗返还到账时间以及一次性扩岗补助的申领材料。"),
    Category("政策咨询->惠企政策", 12.0, "区企业服务中心", "咨询产业资金申报",
             "{firm}咨询本年度产业资金申报时间、条件和所需材料。", 1.0),
    Category("政策咨询->资质认定", 4.5, "区企业服务中心", "咨询企业资质认定",
             "{firm}咨询专精特新企业认定流程和时间安排。", 1.3, 0.6),
    Category("政策咨询->个转企", 5.0, "市场监管所", "咨询个体户转企业手续",
             "{firm}准备由个体工商户转为公司，咨询字号保留、税务衔接和补助。", 0.1, 1.8),
    Category("场地租金->租金减免", 5.0, "街道经济服务办", "希望减免或缓交租金",
             "{firm}所在物业租金较高，希望协调业主减免或缓交租金。", 0.8, 1.3),
    Category("场地租金->扩大场地", 3.0, "区企业服务中心", "寻找扩产办公场地",
             "{firm}业务增长，需增加约八百平方米办公场地，希望推荐周边房源。", 1.2, 0.8),
    Category("证照办理->食品经营许可", 3.6, "市场监管所", "食品经营许可办理进度",
             "{firm}已提交食品经营许可材料，希望加快现场核查。", 0.3, 0.9),
    Category("证照办理->营业执照变更", 3.4, "市场监管所", "营业执照地址变更",
             "{firm}搬迁后需变更经营地址，线上提交被退回，希望指导补正材料。"),
    Category("证照办理->消防手续", 2.4, "街道应急管理办", "装修消防手续咨询",
             "{firm}店面装修，咨询消防备案和验收手续。", 0.7),
    Category("停车交通->停车位不足", 4.5, "街道城市管理办", "周边停车位不足",
             "{firm}反映周边停车位不足，客户和送货车辆停放困难。", 0.7, 1.9),
    Category("停车交通->货车通行", 2.5, "街道城市管理办", "货车装卸和通行受限",
             "{firm}反映白天货车限行，装卸货时间过短，希望设置临时装卸点。", 0.4, 2.2),
    Category("停车交通->公交接驳", 2.0, "街道城市管理办", "园区公交接驳不便",
             "{firm}员工反映地铁站到园区步行较远，希望增加接驳班次。", 2.2, 0.3),
    Category("市场秩序->占道经营", 2.6, "街道城市管理办", "门前占道经营影响生意",
             "{firm}门前长期有流动摊贩占道，影响顾客进出，希望加强巡查。", 0.2, 1.5),
    Category("市场秩序->不正当竞争", 2.4, "市场监管所", "反映同行低价冲货",
             "{firm}反映市场内有商户以次充好、低价冲货，希望调查处理。", 0.3, 2.4),
    Category("知识产权->侵权维权", 3.0, "市场监管所", "产品外观被仿冒",
             "{firm}产品外观专利被仿冒，希望提供维权指引。", 1.2, 2.0),
    Category("知识产权->专利申请", 2.6, "区企业服务中心", "专利申请辅导",
             "{firm}首次申请发明专利，希望安排专业机构辅导。", 1.8),
    Category("税费->退税进度", 3.4, "税务所", "留抵退税进度查询",
             "{firm}已提交留抵退税申请，希望了解审核进度。"),
    Category("税费->发票额度", 3.0, "税务所", "申请提高发票额度",
             "{firm}近期合同金额较大，发票额度不够，希望尽快调整。", 0.8, 1.4),
    Category("其他->水电网络", 2.6, "街道公共服务办", "供电和网络不稳定",
             "{firm}所在楼层近期多次跳闸、断网，希望协调物业检修。"),
    Category("其他->噪声施工", 2.2, "街道城市管理办", "楼上施工噪声扰营业",
             "{firm}反映楼上装修噪声大，影响正常营业，希望协调施工时间。"),
)
# fmt: on

SOURCES = {"走访": 0.30, "福企服务站": 0.22, "热线": 0.23, "网上": 0.25}

# fmt: off
HOUR_WEIGHTS = {
    0: 0.05, 6: 0.1, 7: 0.3, 8: 2.0, 9: 9.0, 10: 11.0, 11: 7.0, 12: 2.0, 13: 2.5, 14: 8.0,
    15: 10.0, 16: 8.5, 17: 5.0, 18: 2.2, 19: 1.6, 20: 1.4, 21: 1.1, 22: 0.8, 23: 0.6,
}
# fmt: on
"""Receipts by hour of the day; the hours left out have none."""
WEEKEND_LOAD = 0.13
HOLIDAY_LOAD = 0.05
"""Receipts of a day off, measured by a working day."""
GROWTH = (0.62, 1.25)
"""Receipts of a working day at the programme's first and last day, rising evenly."""
CADRES_LIFT = 1.30
"""Further factor once the cadres visit (from 2023-03)."""
QUIET_DAYS = (
    ("2022-09-29", "2022-10-10", 0.65),
    ("2022-12-12", "2023-01-08", 0.70),
    ("2023-01-16", "2023-01-20", 0.35),
    ("2023-01-28", "2023-02-03", 0.55),
)
"""Factor on the receipts round the holidays."""

CLOSED_IN_DAYS = {1: (0.48, 0.52), 3: (0.11, 0.25, 0.34, 0.30)}
"""By limit in working days: shares of the punctual appeals closed 0, 1, 2, … working days later."""
WORKING_DAY_LIMIT = {"政策咨询": 1}
OTHER_LIMIT = 3
EXTENDED = 0.055
"""Share of the closed appeals whose deadline was moved, by 3 or 5 working days."""
RATED = 0.65
RATINGS = {
    "解决": (0.86, 0.12, 0.02),
    "部分解决": (0.50, 0.38, 0.12),
    "解释说明": (0.44, 0.38, 0.18),
    "未解决": (0.10, 0.30, 0.60),
}
"""满意, 基本满意, 不满意 by outcome; a late close moves a third of the 满意 to the others."""

LIVE_EVENTS = 33
LIVE_SALES_YUAN = 61_280_000
LOW_INTEREST_YUAN = 930_000_000
N1_YUAN = 60_000_000
